import type { Duration } from "../duration.ts";
import type { Step, StepId } from "../journey/journey.ts";
import { type Edge, edgesOf } from "../journey/step.ts";
import { type Course, type Heard, type Mark, type Round, leavesMark } from "./why-course.ts";

/** A way on that the record allows. */
export interface Open extends Edge {
  /** How long it takes at least, in milliseconds. */
  readonly takes: number;
  /** It is not gone sooner, by the row of a call or a task. */
  readonly notBefore: number;
  /** It is gone as soon as one of these is heard; null where that is not what it waits for. */
  readonly heard: readonly Heard[] | null;
  /** The customer rests on the way, so that what comes after it has another turn of the engine. */
  readonly rests: boolean;
}

/** The ways on from a step that the record leaves open: what is not among them was not taken. */
export function openWays(
  course: Course,
  step: Step,
  mark: Mark | undefined,
  round: Round,
): readonly Open[] {
  const all = edgesOf(step).map((edge): Open => ({ ...edge, ...atOnce }));
  if (leavesMark(step) && mark === undefined) return [];
  switch (step.kind) {
    case "wait":
      return all.map((way) => ({ ...way, ...waitOf(step) }));
    case "await":
      return awaited(course, step, all);
    case "split": {
      const arm = course.arms.get(step.id);
      return arm === undefined ? all : all.filter(({ label }) => label === arm);
    }
    case "call":
      return answered(all, mark);
    case "task":
      return decided(step, all, mark);
    case "voucher":
      return all.filter(({ label }) => (label === "else") === (mark === undefined));
    case "repeat":
      return rounds(step, all, round);
    default:
      return all;
  }
}

const atOnce = { takes: 0, notBefore: -Infinity, heard: null, rests: false } as const;

function waitOf({ wait, next }: Extract<Step, { kind: "wait" }>): Pick<Open, "takes" | "rests"> {
  if (next === null) return { takes: 0, rests: false };
  return { takes: wait.kind === "for" ? leastMs(wait.duration) : 0, rests: true };
}

function awaited(
  { heard }: Course,
  { id, within }: Extract<Step, { kind: "await" }>,
  all: readonly Open[],
): readonly Open[] {
  return all.map((way) =>
    way.label === "then"
      ? { ...way, rests: true, heard: heard.get(id) ?? null }
      : { ...way, rests: true, takes: leastMs(within) },
  );
}

function answered(all: readonly Open[], mark: Mark | undefined): readonly Open[] {
  const way =
    mark?.state === "answered"
      ? "then"
      : /^(failed|withdrawn)$/.test(mark?.state ?? "")
        ? "else"
        : null;
  return all.filter(({ label }) => label === way).map((one) => afterMark(one, mark));
}

function decided(
  step: Extract<Step, { kind: "task" }>,
  all: readonly Open[],
  mark: Mark | undefined,
): readonly Open[] {
  if (mark === undefined || mark.state === "open") return [];
  const isKnown = step.outcomes.some(({ name }) => name === mark.outcome);
  // An outcome may be called "else"; the way of the time-out is the last.
  const ways = isKnown
    ? all.slice(0, -1).filter(({ label }) => label === mark.outcome)
    : all.slice(-1);
  return ways.map((one) => afterMark(one, mark));
}

function afterMark(way: Open, mark: Mark | undefined): Open {
  return { ...way, rests: true, notBefore: mark?.finished ?? -Infinity };
}

function rounds(
  { times, until, body }: Extract<Step, { kind: "repeat" }>,
  all: readonly Open[],
  { round }: Round,
): readonly Open[] {
  return all.filter(({ label }) =>
    label === "again"
      ? body !== null && round < times
      : body === null || until !== null || round >= times,
  );
}

/** The shortest that a calendar makes of it: February, and a clock put forward. */
function leastMs({ months, days, seconds }: Duration): number {
  const years = Math.floor(months / 12);
  const inDays = years * 365 + (months % 12) * 28 + days;
  return (inDays * 24 - (inDays > 0 ? 3 : 0)) * 3_600_000 + seconds * 1000;
}

/** Of a step's mark of one time that the passage came by. */
export function markKey(step: StepId, occurrence: number): string {
  return `${occurrence} ${step}`;
}
