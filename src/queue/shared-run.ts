/**
 * Runs `work` for a caller now, or, when it is running already, once more after that for all who came meanwhile. Each
 * caller gets a run that began after its call, and a burst of a thousand costs two runs.
 */
export function sharedRun<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const start = (): Promise<T> => {
    next = undefined;
    running = work().finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (running === undefined) return start();
    return (next ??= running.then(start, start));
  };
}
