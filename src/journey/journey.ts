import type { Condition, Test } from "./condition.ts";
import type { Duration } from "../duration.ts";

/**
 * What a workflow file defines, as data. A parsed journey is JSON from end to end: it is what `apply` stores as a
 * version, what the engine executes and what the flowchart draws.
 *
 * Steps are flat nodes joined by ids; the nesting of the file (then/else, split arms) is gone after parsing.
 */
export interface Journey {
  readonly name: string;
  readonly describe: string | null;
  /** Marketing needs consent and is sent at most once; transactional is sent at least once. */
  readonly class: "marketing" | "transactional";
  /** What a customer must have agreed to. Marketing journeys always have one. */
  readonly topic: string | null;
  readonly objective: Objective | null;
  readonly start: Start;
  readonly stop: readonly Stop[];
  /** A message not sent this long after it was due is expired, not sent late. */
  readonly maxLateness: Duration;
  /** The first step, and every step by its id. */
  readonly first: StepId;
  readonly steps: Readonly<Record<StepId, Step>>;
}

export type StepId = string;

export interface Objective {
  /** An event name that counts as the conversion. */
  readonly goal: string;
  /** Share of enrolled customers, 0 to 1. */
  readonly target: number | null;
  readonly within: Duration | null;
  /** Share of entering customers left alone, sticky by hash, 0 to 1. */
  readonly holdout: number;
}

/** `again`: may a customer who has been through the journey enter it anew? */
export type Again =
  | { readonly kind: "never" }
  | { readonly kind: "always" }
  | { readonly kind: "after"; readonly after: Duration };

export type Start = {
  /** Further condition on the customer (and on the entry event, by `entry`). */
  readonly if: Condition | null;
  readonly again: Again;
} & (
  | {
      readonly kind: "event";
      readonly event: string;
      readonly where: Readonly<Record<string, Test>>;
    }
  | {
      readonly kind: "segment";
      readonly segment: string;
      /** Enrol those who are members already. */ readonly backfill: boolean;
    }
  | { readonly kind: "every"; readonly cron: string; readonly zone: string | null }
  /** A yearly date such as a birthday: `field` is a date column of the customer; days before (negative) or after. */
  | {
      readonly kind: "date";
      readonly field: string;
      readonly offsetDays: number;
      readonly at: string;
      /** "customer" is each customer's own. */
      readonly zone: string;
    }
);

/** Ends an enrollment at once, wherever it waits. */
export type Stop =
  | {
      readonly kind: "event";
      readonly event: string;
      readonly where: Readonly<Record<string, Test>>;
      readonly as: string;
    }
  | { readonly kind: "condition"; readonly if: Condition; readonly as: string };

/** `next: null` completes the enrollment. */
export type Step =
  | {
      readonly id: StepId;
      readonly kind: "send";
      readonly template: string;
      /** Channels, most wanted first. */ readonly by: readonly string[];
      readonly next: StepId | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "wait";
      readonly wait: Wait;
      readonly next: StepId | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "await";
      readonly event: string;
      readonly where: Readonly<Record<string, Test>>;
      readonly within: Duration;
      /** Where to go when the event came, and when it did not. */
      readonly then: StepId | null;
      readonly timeout: StepId | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "if";
      readonly if: Condition;
      readonly then: StepId | null;
      readonly else: StepId | null;
    }
  | { readonly id: StepId; readonly kind: "split"; readonly arms: readonly SplitArm[] }
  | { readonly id: StepId; readonly kind: "exit"; readonly reason: string };

export interface SplitArm {
  readonly name: string;
  readonly weight: number;
  readonly next: StepId | null;
}

export type Wait =
  | { readonly kind: "for"; readonly duration: Duration }
  /**
   * Until a local time of day, at least `days` calendar days ahead and on one of `weekdays` (1 = Monday … 7, empty =
   * any). With days 0, later today if the time has not passed, else tomorrow. Zone "customer" is each customer's own.
   */
  | {
      readonly kind: "until";
      readonly time: string;
      readonly days: number;
      readonly weekdays: readonly number[];
      readonly zone: string;
    };
