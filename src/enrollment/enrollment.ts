/**
 * One customer's passage through one version of a journey. Its life:
 *
 * 1. entered: an event, a segment, a schedule, a date, a request or another journey let the customer in (enter-*.ts).
 *    Who may come in again, and as what, is in the entry key: the table refuses a second row with the same one. A customer
 *    of a holdout gets a row that is over at once (`exited`, reason "holdout", or "global holdout" for the one that all
 *    marketing journeys share), so that the same customer stays in it.
 * 2. advanced: workers claim due enrollments in batches and take each through its steps until it rests (advance.ts,
 *    step.ts). A step's effect and the move behind it are one transaction: killed in the middle, it happens again from
 *    where it stood, or not at all. Waits are calendar time in the customer's zone (due.ts). What a step does is done once
 *    for each time an enrollment comes by it: a round of a repeat is another time (occurrence.ts).
 * 3. waiting: until `due_at`, or at an `await` until its event comes (wake.ts), whichever is first.
 * 4. stopped: a stop event ends the enrollment wherever it is, and what it has planned but not yet sent (stop.ts); a stop
 *    condition is asked before each step, before each message leaves, and now and then (stop-condition.ts).
 * 5. held: the step failed for this customer alone. It stays there, with the reason, until it is replayed (hold.ts).
 * 6. completed, or exited with a reason. Conversions are noted from the entry on, wherever it ended (convert.ts).
 *
 * An enrollment stays on the version it entered with; only new ones enter a new version (apply.ts). While its journey
 * is paused it does not move; what happened meanwhile (stops, events awaited) still counts.
 */
import type { Money } from "./worth.ts";

/** What every piece of the engine's work is given: what time it is, and what the shop says of all journeys. */
export interface Moment {
  readonly now: Date;
  /** For customers whose zone is unknown. */
  readonly zone: string;
  /** Share of customers, 0 to 1, whom every marketing journey leaves alone; none when it is not said. */
  readonly holdout?: number;
  /** What goals are worth; where it is not said, in one currency all. */
  readonly money?: Money;
  /** The configured channels that have a template of this name, in their order: what `by: best` chooses from. */
  readonly channelsWith?: (template: string) => readonly string[];
}

/** A moment, and how much is to be done in it at most. */
export interface Turn extends Moment {
  /** Enrollments or events of one transaction, 1 to 5000. */
  readonly limit: number;
}
