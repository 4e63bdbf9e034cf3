import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { Work } from "./backend.ts";
import { complain } from "./complaint.ts";

/** Of a job that is done nothing is lost with the connection but its acknowledgement. */
const closeWithinMs = 5000;

interface Connected {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
  disconnect(): Promise<void>;
}

/** The jobs that a worker is at: what they have in the air is waited for, whatever has become of the queue. */
export class JobsAtWork {
  readonly #running = new Set<Promise<void>>();

  get count(): number {
    return this.#running.size;
  }

  watched(work: Work): Work {
    return async (job) => {
      const running = work(job);
      this.#running.add(running);
      try {
        await running;
      } finally {
        this.#running.delete(running);
      }
    };
  }

  async finished(): Promise<void> {
    while (this.count > 0) await Promise.allSettled(this.#running);
  }
}

/**
 * Keeps a queue or worker from harming us when its server is gone. An unheard "error" event would end the process (BullMQ
 * reconnects by itself), and closing would wait for the server to come back: so what cannot be closed in time is cut off,
 * but never while a job is at work.
 */
export function kept<Source extends Connected>(
  source: Source,
  log: Log,
  { jobs, onClosed }: { readonly jobs?: JobsAtWork; readonly onClosed?: () => void } = {},
): Source {
  source.on("error", (error) =>
    complain(log, error.message, "the queue's connection broke; it is being re-made"),
  );
  const close = source.close.bind(source);
  return Object.assign(source, {
    async close() {
      const closed = new AbortController();
      const closing = close().then(
        () => closed.abort(),
        () => closed.abort(),
      );
      await Promise.race([closing, patienceWith(jobs, closed.signal)]);
      if (!closed.signal.aborted) {
        log.warn({}, "the queue's server does not answer; its connection is cut");
        source.disconnect().catch(() => {});
      }
      await jobs?.finished();
      onClosed?.();
    },
  });
}

/** Time for the server to answer, counted from the end of the last job: one may begin while the worker closes. */
async function patienceWith(jobs: JobsAtWork | undefined, closed: AbortSignal): Promise<void> {
  do {
    await jobs?.finished();
    await pause(closeWithinMs, undefined, { signal: closed }).catch(() => {});
  } while (!closed.aborted && jobs !== undefined && jobs.count > 0);
}
