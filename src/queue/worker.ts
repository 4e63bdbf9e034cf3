import { shownReason } from "../database/shown-reason.ts";
import { faultPoint } from "../fault.ts";
import type { OpenWorker, QueueBackend } from "./backend.ts";
import { counted } from "./call-metrics.ts";
import type { Delivering, Engine, Working } from "./engine.ts";
import { deliverJob, engineJobs } from "./jobs.ts";
import { Line } from "./line.ts";
import { listenForEvents } from "./listen.ts";
import { createRestoreGuard } from "./restore-guard.ts";
import { keepSchedules } from "./schedule.ts";
import { prepareMonths } from "./sweep.ts";
import { type EngineJob, type Wake, deliveryQueue, engineQueue } from "./wake.ts";

/**
 * A job is a wake-up: however often a worker dies over it, it is never given up (BullMQ's default of one stall would
 * lose it), and what it should have done is found again in Postgres. Running twice does no harm, so a dead worker's
 * jobs are taken over after seconds.
 */
const workerOptions = {
  maxStalledCount: 1_000_000,
  lockDuration: 6000,
  stalledInterval: 3000,
} as const;
const engineConcurrency = 4;
/** Lanes of a channel in one worker: batches on their way at once. */
const lanesAWorker = 2;
/** Lanes of a channel over all workers. */
const lanes = 32;

export interface RunningWorker {
  /** Finishes what is in flight, gives the rest back and leaves nothing unknown. */
  stop(): Promise<void>;
}

/**
 * Starts working: the engine's jobs, and the delivery of each channel at its own rate. With every heartbeat the
 * schedules are put right and the sweeper is woken, so that nothing depends on what the queue remembers. When a part
 * cannot be opened, those that are open are closed again.
 */
export async function startWorker(
  given: Engine,
  backend: QueueBackend,
  wake: Wake,
  databaseUrl: string,
  { heartbeatMs = 30_000 } = {},
): Promise<RunningWorker> {
  const deliveries = [...given.deliveries].map(([name, one]) => [name, counted(one)] as const);
  const engine = { ...given, deliveries: new Map(deliveries) };
  const stop = new AbortController();
  const guard = createRestoreGuard(engine, backend);
  const lines = new Map(deliveries.map(([name, one]) => [name, new Line(one)]));
  const working: Delivering = { engine, wake, guard, lines, stopping: stop.signal };
  await prepareMonths(engine);
  const schedules = backend.queue(engineQueue);
  const opened: { close(): Promise<void> }[] = [schedules];
  const close = async () => {
    stop.abort();
    await Promise.all(opened.map((part) => part.close()));
  };
  const beat = async () => {
    await guard.look();
    await wake.engine("sweep");
    await keepSchedules(engine, schedules);
    await prepareMonths(engine);
  };
  const missed = (thrown: unknown) =>
    engine.log.warn(
      { reason: shownReason(thrown) },
      "the queue or the database could not be reached; trying again soon",
    );
  const hear = () => void wake.engine("react").catch(missed);
  try {
    await beat();
    opened.push(await listenForEvents(databaseUrl, hear, engine.log));
    opened.push(engineWorker(working, backend));
    for (const channel of engine.deliveries.keys())
      opened.push(deliveryWorker(working, backend, channel));
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const heartbeat = setInterval(() => void beat().catch(missed), heartbeatMs);
  return {
    stop() {
      clearInterval(heartbeat);
      return close();
    },
  };
}

function engineWorker(working: Working, backend: QueueBackend): OpenWorker {
  const work = async (job: { name: string; data: object }) => {
    const run = engineJobs[job.name as EngineJob];
    if (run !== undefined) await noted(working, job.name, () => run(working, job.data));
  };
  return backend.worker(engineQueue, work, { ...workerOptions, concurrency: engineConcurrency });
}

function deliveryWorker(working: Delivering, backend: QueueBackend, channel: string): OpenWorker {
  const { rate = null, concurrency = 1 } = working.engine.deliveries.get(channel) ?? {};
  // Where there is a rate a second lane would mostly wait for the first one's places.
  const here = rate === null ? Math.min(lanesAWorker, concurrency) : 1;
  const work = (job: { name: string; data: object }) =>
    noted(working, `deliver ${channel}`, () =>
      deliverJob(working, job.data, { here, everywhere: lanes }),
    );
  return backend.worker(deliveryQueue(channel), work, { ...workerOptions, concurrency: here });
}

/** A job that fails is noted and not retried: the sweeper finds its work again. */
async function noted({ engine }: Working, job: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    await faultPoint("before-ack");
  } catch (thrown) {
    const reason = shownReason(thrown);
    engine.log.error({ job, reason }, "a job failed; its work will be found again");
    // oxlint-disable-next-line eslint/preserve-caught-error -- The queue keeps what an error says, and must not keep a customer's value.
    throw new Error(reason);
  }
}
