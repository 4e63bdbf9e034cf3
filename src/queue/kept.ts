import type { Log } from "../log.ts";

/** Of a job that is cut off nothing is lost but its acknowledgement. */
const closeWithinMs = 5000;

interface Connected {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * Keeps a queue or worker from harming us when its server is gone. An unheard "error" event would end the process (BullMQ
 * reconnects by itself), and closing would wait for the server to come back: so what cannot be closed in time is cut off.
 */
export function kept<Source extends Connected>(
  source: Source,
  log: Log,
  onClosed: () => void = () => {},
): Source {
  source.on("error", (error) =>
    log.warn({ error: error.message }, "the queue's connection broke; it is being re-made"),
  );
  const close = source.close.bind(source);
  return Object.assign(source, {
    async close() {
      const settled = Promise.withResolvers<void>();
      const cut = setTimeout(() => {
        log.warn({}, "the queue's server does not answer; its connection is cut");
        source.disconnect().catch(() => {});
        settled.resolve();
      }, closeWithinMs);
      close().then(settled.resolve, settled.resolve);
      await settled.promise;
      clearTimeout(cut);
      onClosed();
    },
  });
}
