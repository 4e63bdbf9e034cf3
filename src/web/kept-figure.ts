import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { shownReason } from "../database/shown-reason.ts";
import type { Log } from "../log.ts";
import { sharedRun } from "../queue/shared-run.ts";

export interface Figure<T> {
  readonly value: T;
  /** When it was counted; null for now. */
  readonly asOf: Date | null;
}

const usual = {
  /** What is counted this fast is counted for every look; one count that was held up makes none slow. */
  quickMs: 500,
  /** Nobody waits longer for a count that was quick so far: an older one is shown. */
  patienceMs: 1000,
  shortestRestMs: 10_000,
  /** A count that takes a second may run a tenth of the time. */
  restForEach: 9,
};

/**
 * A count over whole tables. While it is quick every look gets a count that began after it. Once it is not, looks get the
 * last one and its time, and it is counted anew behind them: all viewers of a process share one run.
 */
export class KeptFigure<T> {
  readonly #count: () => Promise<T>;
  readonly #log: Log;
  readonly #pace: typeof usual;
  #kept: { readonly value: T; readonly at: Date } | undefined;
  #tookMs: readonly [before: number, last: number] = [0, 0];
  #endedAt = 0;
  #isRunning = false;

  constructor(count: () => Promise<T>, clock: Clock, log: Log, pace: Partial<typeof usual> = {}) {
    this.#log = log;
    this.#pace = { ...usual, ...pace };
    this.#count = sharedRun(async () => {
      const [at, before] = [clock.now(), performance.now()];
      this.#isRunning = true;
      try {
        const value = await count();
        this.#kept = { value, at };
        this.#tookMs = [this.#tookMs[1], performance.now() - before];
        return value;
      } finally {
        this.#isRunning = false;
        this.#endedAt = performance.now();
      }
    });
  }

  async read(): Promise<Figure<T>> {
    const kept = this.#kept;
    if (kept === undefined) return { value: await this.#count(), asOf: null };
    if (Math.min(...this.#tookMs) > this.#pace.quickMs) {
      if (this.#isTooOld()) void this.#countBehind();
      return { value: kept.value, asOf: kept.at };
    }
    const fresh = this.#countBehind();
    const waited = new AbortController();
    const tired = pause(this.#pace.patienceMs, null, { signal: waited.signal }).catch(() => null);
    const value = await Promise.race([fresh, tired]);
    waited.abort();
    return value === null ? { value: kept.value, asOf: kept.at } : { ...value, asOf: null };
  }

  #isTooOld(): boolean {
    const { shortestRestMs, restForEach } = this.#pace;
    const rest = Math.max(shortestRestMs, restForEach * this.#tookMs[1]);
    return !this.#isRunning && performance.now() - this.#endedAt >= rest;
  }

  async #countBehind(): Promise<{ readonly value: T } | null> {
    try {
      return { value: await this.#count() };
    } catch (thrown) {
      this.#log.warn(
        { reason: shownReason(thrown) },
        "a figure of the dashboard could not be counted",
      );
      return null;
    }
  }
}

/** When the oldest of what a page shows was counted; null when all of it is of now. */
export function oldestOf(...figures: readonly Figure<unknown>[]): Date | null {
  const times = figures.flatMap(({ asOf }) => (asOf === null ? [] : [asOf.getTime()]));
  return times.length === 0 ? null : new Date(Math.min(...times));
}
