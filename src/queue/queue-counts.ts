import type { OpenQueue, QueueBackend } from "./backend.ts";
import { deliveryQueue, engineQueue } from "./wake.ts";

/** Jobs of one queue, by what they are doing. Few of them say little: what is due is in the tables. */
export interface QueueCounts {
  readonly queue: string;
  readonly active: number;
  readonly waiting: number;
  /** Scheduled for later. */
  readonly delayed: number;
  readonly failed: number;
}

export interface QueueGauge {
  counts(): Promise<readonly QueueCounts[]>;
  close(): Promise<void>;
}

/** Reads how full the queues are. They are opened at the first look and stay open. */
export function createQueueGauge(backend: QueueBackend, channels: readonly string[]): QueueGauge {
  let queues: readonly (readonly [string, OpenQueue])[] = [];
  return {
    async counts() {
      if (queues.length === 0)
        queues = [engineQueue, ...channels.map(deliveryQueue)].map((name) => [
          name,
          backend.queue(name),
        ]);
      return Promise.all(
        queues.map(async ([queue, open]) => {
          const { active, waiting, delayed, failed, prioritized } = await open.getJobCounts();
          return {
            queue,
            active: active ?? 0,
            waiting: (waiting ?? 0) + (prioritized ?? 0),
            delayed: delayed ?? 0,
            failed: failed ?? 0,
          };
        }),
      );
    },
    async close() {
      await Promise.all(queues.map(([, queue]) => queue.close()));
    },
  };
}
