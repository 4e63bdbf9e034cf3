import type { JobIds, OpenQueue, QueueBackend } from "./backend.ts";
import { sharedRun } from "./shared-run.ts";

export const engineQueue = "waypost-engine";
export const deliveryQueue = (channel: string) => `waypost-deliver-${channel}`;

/** The jobs of the engine's queue. Each is idempotent and finds its own work in Postgres. */
export type EngineJob =
  | "react"
  | "advance"
  | "enter"
  | "refresh"
  | "apply-reports"
  | "look-up"
  | "call"
  | "tidy"
  | "sweep";

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

/** A job that hangs in a process that lives would keep its name, and so its work, from all others for good. */
const nameIsKeptMs = 30_000;

/** A job may have a second one beside it after `nameIsKeptMs`, which does no harm. */
export function createWake(
  backend: QueueBackend,
  options: { readonly nameIsKeptMs?: number } = {},
): Wake {
  const keptMs = options.nameIsKeptMs ?? nameIsKeptMs;
  const queues = new Map<string, OpenQueue>();
  const queueOf = (name: string): OpenQueue => {
    const open = queues.get(name) ?? backend.queue(name);
    queues.set(name, open);
    return open;
  };
  const calls = new Map<string, () => Promise<void>>();
  const call = (queue: string, job: string, id: string, ids: JobIds): Promise<void> => {
    const add = async () => {
      const deduplication = { id: `${id}-${termOf(keptMs)}`, keepLastIfActive: true };
      await queueOf(queue).add(job, ids, { ...once, deduplication });
    };
    const shared = calls.get(`${queue} ${id}`) ?? sharedRun(add);
    calls.set(`${queue} ${id}`, shared);
    return shared();
  };
  return {
    engine: (job, journeyId) =>
      journeyId === undefined
        ? call(engineQueue, job, job, {})
        : call(engineQueue, job, `${job}-${journeyId}`, { journeyId }),
    delivery: (channel, lane = 0) =>
      call(deliveryQueue(channel), "deliver", `${channel}-${lane}`, { channel, lane }),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function termOf(keptMs: number): number {
  return Math.floor(Date.now() / keptMs);
}
