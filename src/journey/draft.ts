import type { Journey, Start, Step, StepId, Stop } from "./journey.ts";

/**
 * A workflow file as far as it can be read, for `check` alone: what a mistake hides is undefined or an unread step, and what
 * stands beside it is checked all the same. Of a file without mistakes the draft is the journey.
 */
export interface Draft {
  readonly name: string | undefined;
  readonly describe: string | null | undefined;
  readonly class: Journey["class"] | undefined;
  readonly topic: string | null | undefined;
  readonly priority: number | undefined;
  readonly objective: Journey["objective"] | undefined;
  readonly start: Start | undefined;
  readonly stop: readonly (Stop | undefined)[];
  readonly maxLateness: Journey["maxLateness"] | undefined;
  readonly first: StepId;
  readonly steps: DraftSteps;
}

export type DraftStep = Step | UnreadStep;
export type DraftSteps = Readonly<Record<StepId, DraftStep>>;

/** Stands where a step is that cannot be read. It can have done whatever its kind does, and blames nobody for what it hides. */
export interface UnreadStep {
  /** The id that is given, else its place in the file, by which nobody can refer to it. */
  readonly id: StepId;
  readonly kind: "unread";
  /** What it is meant to be. Null where that cannot be told, or where steps inside it are hidden, too. */
  readonly of: string | null;
  readonly isNamed: boolean;
  readonly ways: readonly (StepId | null)[];
}

/** What is known of a file that holds nothing one could read. */
export const nothingRead: Draft = {
  name: undefined,
  describe: undefined,
  class: undefined,
  topic: undefined,
  priority: undefined,
  objective: undefined,
  start: undefined,
  stop: [],
  maxLateness: undefined,
  first: "",
  steps: { "": { id: "", kind: "unread", of: null, isNamed: false, ways: [null] } },
};

/** Whether nothing of it is hidden. */
export function isJourney(draft: Draft): draft is Journey {
  const parts: readonly unknown[] = Object.values(draft);
  const steps = Object.values(draft.steps);
  return (
    !parts.includes(undefined) &&
    !draft.stop.includes(undefined) &&
    steps.every(({ kind }) => kind !== "unread")
  );
}

/** Whether it is a step of that kind, as far as one can see. */
export function mayBe(step: DraftStep, kind: Step["kind"]): boolean {
  return step.kind === kind || (step.kind === "unread" && (step.of ?? kind) === kind);
}

/** Whether a step, or one of that kind, may be hidden here by an id that cannot be seen. */
export function mayHide(step: DraftStep, kind?: Step["kind"]): boolean {
  if (step.kind !== "unread") return false;
  return step.of === null || (!step.isNamed && (kind ?? step.of) === step.of);
}
