import { describeStep } from "../journey/describe-step.ts";
import type { StepId } from "../journey/journey.ts";
import type { Case } from "./why-case.ts";
import type { Course } from "./why-course.ts";
import { type Left, leftBy } from "./why-left.ts";
import { type Gone, aheadOf, pathOf } from "./why-path.ts";
import { type Ask, asksOf } from "./why-questions.ts";
import type { Stretch } from "./why-stretch.ts";

export interface WhyStep {
  readonly id: StepId;
  readonly line: string;
  /** `perhaps`: the record fits with it and without it. `ended`: the passage came here and no further. */
  readonly place: "passed" | "perhaps" | "here" | "ended" | "ahead";
  /** Which way the customer left it, where that is known; of a round that came again there may be several, in their order. */
  readonly way: string | null;
  /** Where it is not known, the ways that the record leaves open. */
  readonly possible: readonly string[];
  /** Of the version that the step was passed in, where the passage has been moved to another since. */
  readonly version: number | null;
  /** What it asks, as it stands at the moment of the trace. */
  readonly asks: readonly Ask[];
  /** What came of it: messages, calls, tasks, vouchers. */
  readonly left: readonly Left[];
}

/** What is known of the passage at the moment of the trace. */
export interface Then {
  /** Nothing has moved it since. */
  readonly isAsNow: boolean;
  readonly isOpen: boolean;
}

interface Placed {
  readonly id: StepId;
  readonly place: WhyStep["place"];
  readonly way: string | null;
  readonly possible: readonly string[];
}

export async function stepsOf(
  one: Case,
  enrollmentId: string,
  stretches: readonly Stretch[],
  then: Then,
): Promise<readonly WhyStep[]> {
  const left = await leftBy(one, enrollmentId);
  const told: WhyStep[] = [];
  for (const [index, { version, course, since }] of stretches.entries()) {
    const next = stretches[index + 1];
    const isLast = next === undefined;
    const asks = isLast
      ? await asksOf(one, enrollmentId, course.journey)
      : new Map<StepId, readonly Ask[]>();
    const steps = isLast ? placedThen(course, then, one) : placedBefore(course);
    for (const placed of steps) {
      const step = course.journey.steps[placed.id];
      if (step === undefined) continue;
      told.push({
        ...placed,
        line: describeStep(step),
        version: isLast ? null : version,
        asks: asks.get(step.id) ?? [],
        left: (left.get(step.id) ?? []).filter(
          ({ at }) => (index === 0 || at >= since) && (next === undefined || at < next.since),
        ),
      });
    }
  }
  return told;
}

/** In a version that it has been moved from. */
function placedBefore(course: Course): readonly Placed[] {
  return pathOf(course).map((gone) =>
    gone.isSure
      ? { ...wayOf(gone), place: gone.times.left === null ? "ended" : "passed" }
      : perhaps(gone),
  );
}

function placedThen(course: Course, then: Then, one: Case): readonly Placed[] {
  const path = pathOf(course);
  const placed = then.isAsNow
    ? path.map((gone) => placedNow(gone, then))
    : path.map((gone) => placedAt(gone, course, one.at.getTime()));
  const behind = placed.filter(({ place }) => place !== "ahead");
  if (!then.isOpen) return behind;
  // Whoever is known to stand somewhere goes on from there, wherever else they may have come by.
  const standing = behind.filter(({ place }) => place === "here");
  const at = standing.length > 0 ? standing : behind.filter(({ place }) => place === "perhaps");
  const from = at.length > 0 ? at : behind.slice(-1);
  const ahead = new Set(from.flatMap(({ id }) => aheadOf(course.journey, id)));
  if (behind.length === 0) ahead.add(course.from);
  for (const { id } of behind) ahead.delete(id);
  return [
    ...behind,
    ...[...ahead].map((id): Placed => ({ id, place: "ahead", way: null, possible: [] })),
  ];
}

function placedNow(gone: Gone, { isOpen }: Then): Placed {
  if (!gone.isSure) return perhaps(gone);
  if (gone.times.left !== null) return { ...wayOf(gone), place: "passed" };
  return { id: gone.step, place: isOpen ? "here" : "ended", way: null, possible: [] };
}

/** As far as what is known of later tells where the passage was then. */
function placedAt(gone: Gone, { journey, marks }: Course, at: number): Placed {
  const { arrived, left } = gone.times;
  const nothing = { id: gone.step, way: null, possible: [] };
  if (arrived.soonest > at) return { ...nothing, place: "ahead" };
  if (!gone.isSure) return perhaps(gone);
  if (left !== null && left.latest <= at) return { ...wayOf(gone), place: "passed" };
  const kind = journey.steps[gone.step]?.kind;
  const isLeftAtOnce = kind === "send" || kind === "voucher";
  if (isLeftAtOnce && marks.some((mark) => mark.step === gone.step && mark.at <= at))
    return { ...nothing, place: "passed" };
  const isHere = arrived.latest <= at && (left === null || left.soonest > at);
  return { ...nothing, place: isHere ? "here" : "perhaps" };
}

function wayOf({ step, ways, possible }: Gone): Omit<Placed, "place"> {
  return { id: step, way: ways.length === 0 ? null : ways.join(", "), possible };
}

function perhaps({ step }: Gone): Placed {
  return { id: step, place: "perhaps", way: null, possible: [] };
}
