import type { OpenQueue, QueueBackend } from "./backend.ts";

export const engineQueue = "waypost-engine";
export const deliveryQueue = (channel: string) => `waypost-deliver-${channel}`;

/** The jobs of the engine's queue. Each is idempotent and finds its own work in Postgres. */
export type EngineJob = "react" | "advance" | "enter" | "refresh" | "apply-reports" | "sweep";

/**
 * Puts wake-up jobs on the queues. A wake-up for what is awake already is dropped, unless the job is running: then one
 * more run follows it, so that nothing committed meanwhile is overlooked.
 */
export interface Wake {
  engine(job: EngineJob, journeyId?: number): Promise<void>;
  /** Lane 0 is woken; a lane that finds more than it can carry wakes the next one. */
  delivery(channel: string, lane?: number): Promise<void>;
  close(): Promise<void>;
}

const once = { removeOnComplete: true, removeOnFail: { count: 100 }, attempts: 1 } as const;

export function createWake(backend: QueueBackend): Wake {
  const queues = new Map<string, OpenQueue>();
  const queueOf = (name: string): OpenQueue => {
    const open = queues.get(name) ?? backend.queue(name);
    queues.set(name, open);
    return open;
  };
  const alone = (id: string) => ({ ...once, deduplication: { id, keepLastIfActive: true } });
  return {
    async engine(job, journeyId) {
      const data = journeyId === undefined ? {} : { journeyId };
      await queueOf(engineQueue).add(
        job,
        data,
        alone(journeyId === undefined ? job : `${job}-${journeyId}`),
      );
    },
    async delivery(channel, lane = 0) {
      await queueOf(deliveryQueue(channel)).add(
        "deliver",
        { channel, lane },
        alone(`${channel}-${lane}`),
      );
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
