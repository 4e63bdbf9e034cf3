import type { Journey, Step, StepId } from "../journey/journey.ts";

/** What a step left in the ledger when it was executed. Times are in milliseconds. */
export interface Mark {
  readonly step: StepId;
  /** Which time it was that the passage came by the step, from 0. */
  readonly occurrence: number;
  readonly kind: "message" | "call" | "task" | "voucher";
  readonly at: number;
  /** When a call was over, or a task. */
  readonly finished: number | null;
  readonly state: string;
  /** Of a task that is done. */
  readonly outcome: string | null;
}

/** An event that may have ended an await. */
export interface Heard {
  readonly occurred: number;
  readonly received: number;
}

export interface Round {
  readonly round: number;
  readonly pass: number;
}

/** All that is on record of a passage through one version, or of its stretch there. */
export interface Course {
  readonly journey: Journey;
  readonly from: StepId;
  readonly since: number;
  /** It was moved to `from` by a migration, and may have rested there since before. */
  readonly resumed: boolean;
  /** Where it is or was last, or may have been; null is the end. It has come there by `until`. */
  readonly ends: readonly (StepId | null)[];
  readonly until: number;
  readonly marks: readonly Mark[];
  /** Of each repeat; null where they are not those of this stretch. */
  readonly rounds: Readonly<Record<StepId, Round>> | null;
  /** The arms that a split is known to have given; a split that is missing is decided by what came after. */
  readonly arms: ReadonlyMap<StepId, string>;
  /** Events that an await may have heard; null where not all are on record. */
  readonly heard: ReadonlyMap<StepId, readonly Heard[] | null>;
}

/** Steps that never let anybody on without a row of their own. */
export function leavesMark({ kind }: Step): boolean {
  return kind === "send" || kind === "call" || kind === "task";
}
