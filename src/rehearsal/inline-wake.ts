import { dueChannels } from "../message/recover.ts";
import type { Working } from "../queue/engine.ts";
import { deliverJob, engineJobs } from "../queue/jobs.ts";
import type { RestoreGuard } from "../queue/restore-guard.ts";
import type { EngineJob, Wake } from "../queue/wake.ts";

type Job = { readonly name: EngineJob; readonly journeyId?: number } | { readonly channel: string };

const oneLane = { here: 1, everywhere: 1 };
/** Scratch ground is a copy by intent, and nothing leaves it. */
const guard: RestoreGuard = {
  look: () => Promise.resolve(),
  mayDeliver: () => Promise.resolve(true),
};
const deaf: Wake = {
  engine: () => Promise.resolve(),
  delivery: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
/** Nothing leaves it. */
const lines = new Map<string, never>();
const isHeldBack = () => Promise.resolve(false);

/**
 * A queue that is no more than a list: the worker's own jobs, one after the other in this process, so that what they do
 * is done when `drain` returns. A wake-up for what is on the list already is dropped, as a real queue does it.
 */
export class InlineWake implements Wake {
  readonly #waiting = new Map<string, Job>();

  engine(name: EngineJob, journeyId?: number): Promise<void> {
    const job = journeyId === undefined ? { name } : { name, journeyId };
    this.#waiting.set(`${name} ${journeyId ?? ""}`, job);
    return Promise.resolve();
  }

  /** One lane carries it all. */
  delivery(channel: string): Promise<void> {
    this.#waiting.set(`deliver ${channel}`, { channel });
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Runs one job, and lets what it wakes lie. */
  async alone(name: EngineJob, working: Working): Promise<void> {
    await engineJobs[name]({ ...working, wake: deaf, isHeldBack }, {});
  }

  /**
   * Runs what is on the list and what that wakes, until nothing is left. Says whether there was anything. Which channels
   * have something due is asked once for all of them: most that are woken have not.
   */
  async drain(given: Working): Promise<boolean> {
    const working = { ...given, guard, lines, isHeldBack };
    const { database, clock } = working.engine;
    let ran = false;
    let due: readonly string[] | undefined;
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      if (working.stopping.aborted) return ran;
      ran = true;
      if ("channel" in next) {
        due ??= await dueChannels(database, clock.now());
        // What a channel delivers makes nothing due on another.
        if (due.includes(next.channel)) await deliverJob(working, next, oneLane);
      } else {
        await engineJobs[next.name](working, next);
        due = undefined;
      }
    }
    return ran;
  }

  #take(): Job | undefined {
    const first = this.#waiting.entries().next().value;
    if (first === undefined) return undefined;
    this.#waiting.delete(first[0]);
    return first[1];
  }
}
