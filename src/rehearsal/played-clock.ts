import type { Clock } from "../clock.ts";

/** A clock that stands still until it is moved, forward only; and that runs on as the real one when the play is over. */
export class PlayedClock implements Clock {
  #now: Date | undefined;

  constructor(start: Date) {
    this.#now = start;
  }

  now(): Date {
    return this.#now ?? new Date();
  }

  moveTo(instant: Date): void {
    if (this.#now !== undefined && instant > this.#now) this.#now = instant;
  }

  runOn(): void {
    this.#now = undefined;
  }
}
