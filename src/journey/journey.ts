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
  /** Of the journeys that want a customer's last place under a cap, the one with the higher number goes first. */
  readonly priority: number;
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
  /** The name of the event that counts as the conversion, or a condition that does when it becomes true. */
  readonly goal: string | Condition;
  /** Only such an event with these properties. */
  readonly where: Readonly<Record<string, Test>>;
  /** The property that says what it earned; null takes the first number of `total`, `value` and `revenue`. */
  readonly value: string | null;
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
      /** On becoming a member, or on ceasing to be one. */
      readonly when: "entered" | "left";
      /** Enrol those who are members already (with `left`: those who ever left). */
      readonly backfill: boolean;
    }
  | { readonly kind: "every"; readonly cron: string; readonly zone: string | null }
  | ({
      readonly kind: "date";
      /** Every year on the day, or each date that the field holds once. */
      readonly repeat: "yearly" | "once";
      readonly at: string;
    } & CustomerDate)
  /** Asked for by `POST /v1/journeys/NAME/enter`; what it carries is the entry. */
  | { readonly kind: "request" }
);

/** A day that the customer's record holds, moved by whole days. */
export interface CustomerDate {
  /** `birthday`, `created_at`, or `attributes.<key>` that holds an ISO day or instant. */
  readonly field: string;
  /** Days before (negative) or after it. */
  readonly offsetDays: number;
  /** "customer" is each customer's own. */
  readonly zone: string;
}

/**
 * Where a value comes from while a customer is in the journey: `entry.<property>`, `customer.<field>`,
 * `call.<step>.<path of its answer>`, `voucher.code`.
 */
export type Reference = string;

/** Properties of an event that must equal what the references lead to. What leads nowhere matches nothing. */
export type Match = Readonly<Record<string, Reference>>;

/** Ends an enrollment at once, wherever it waits. */
export type Stop =
  | {
      readonly kind: "event";
      readonly event: string;
      readonly where: Readonly<Record<string, Test>>;
      readonly match: Match;
      readonly as: string;
    }
  | { readonly kind: "condition"; readonly if: Condition; readonly as: string };

/** `next: null` completes the enrollment, as does null on any other way on. */
export type Step =
  | {
      readonly id: StepId;
      readonly kind: "send";
      readonly template: string;
      /** Channels, most wanted first; "best" is the one that the customer answers most, of all that have the template. */
      readonly by: readonly string[] | "best";
      /** When the message bounces, fails or is suppressed at the last look, the next channel is tried. */
      readonly fallback: boolean;
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
      readonly match: Match;
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
  | {
      readonly id: StepId;
      readonly kind: "switch";
      /** The first whose condition holds. */
      readonly arms: readonly SwitchArm[];
      readonly else: StepId | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "split";
      readonly arms: readonly SplitArm[];
      readonly winner: Winner | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "set";
      readonly set: readonly Assignment[];
      readonly next: StepId | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "voucher";
      readonly pool: string;
      readonly expires: Duration | null;
      readonly next: StepId | null;
      /** Where to go when the pool has none left; null holds the customer until there are more. */
      readonly empty: { readonly next: StepId | null } | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "call";
      readonly url: string;
      readonly method: "POST" | "PUT" | "GET";
      readonly headers: Readonly<Record<string, string>>;
      /** Never `add`. Empty: no body. A GET says it in its address. */
      readonly body: Readonly<Record<string, Operand>>;
      /** How long it is tried. */
      readonly within: Duration;
      /** Where to go when it was answered, and when it failed for good. */
      readonly then: StepId | null;
      readonly else: StepId | null;
    }
  | {
      readonly id: StepId;
      readonly kind: "task";
      /** The list that agents work through. */
      readonly list: string;
      readonly text: string;
      readonly outcomes: readonly Outcome[];
      readonly within: Duration;
      readonly timeout: StepId | null;
    }
  /** Enters another journey, with the same entry, and goes on at once. */
  | {
      readonly id: StepId;
      readonly kind: "enter";
      readonly journey: string;
      readonly next: StepId | null;
    }
  /** The steps of the body lead back here. Before each round, the first too, `until` is looked at. */
  | {
      readonly id: StepId;
      readonly kind: "repeat";
      readonly times: number;
      readonly until: Condition | null;
      readonly body: StepId | null;
      readonly next: StepId | null;
    }
  | { readonly id: StepId; readonly kind: "exit"; readonly reason: string };

export interface SwitchArm {
  readonly name: string;
  readonly if: Condition;
  readonly next: StepId | null;
}

export interface SplitArm {
  readonly name: string;
  readonly weight: number;
  readonly next: StepId | null;
}

/** Once so many customers have gone through the split, all later ones take the arm that did best. */
export interface Winner {
  readonly after: number;
  readonly by: "opened" | "clicked" | "converted" | { readonly event: string };
  /** How long after the split it counts. */
  readonly within: Duration;
}

export interface Outcome {
  readonly name: string;
  readonly next: StepId | null;
}

export interface Assignment {
  /** Of the customer: a column or `attributes.<key>`. */
  readonly field: string;
  readonly to: Operand | { readonly kind: "calculation"; readonly calculation: Calculation };
}

export type Operand =
  | { readonly kind: "value"; readonly value: string | number | boolean | null }
  /** The moment of the step. */
  | { readonly kind: "now" }
  /** To the number that is there; to 0 where there is none. */
  | { readonly kind: "add"; readonly add: number }
  | { readonly kind: "reference"; readonly from: Reference };

/** What is worked out from what is known, by the database. Where something is missing nothing is worked out. */
export type Calculation =
  | {
      readonly kind: "number";
      /** Null: the attribute itself; a sum then begins with 0, where there is none. */
      readonly of: Reference | null;
      /** Null: only rounded. */
      readonly operation: "add" | "subtract" | "multiply" | "divide" | null;
      readonly by: number | Reference;
      /** To so many digits behind the point; null for as many as are kept. */
      readonly round: number | null;
    }
  /** Of `now` too, the moment of the step. */
  | { readonly kind: "date"; readonly of: Reference; readonly offset: Offset }
  /** Texts as they are, and what references lead to. */
  | { readonly kind: "join"; readonly parts: readonly (string | { readonly from: Reference })[] };

export interface Offset {
  readonly length: Duration;
  readonly side: "before" | "after";
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
    }
  /**
   * Until a date of the customer's; one that is missing or past is not waited for. Without `at` it is the instant that
   * the field holds, and midnight where it holds a day.
   */
  | ({ readonly kind: "date"; readonly at: string | null } & CustomerDate);
