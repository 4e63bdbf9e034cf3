const longestStopMs = 30_000;

/**
 * Settles at the first SIGTERM or SIGINT; a second one ends the process at once, and so does half a minute in which the
 * stop did not come to its end: a queue's server that is gone would be waited for without end.
 */
export async function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const stop = () => {
    asked += 1;
    if (asked > 1) process.exit(130);
    setTimeout(() => process.exit(1), longestStopMs).unref();
    resolve();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return promise;
}
