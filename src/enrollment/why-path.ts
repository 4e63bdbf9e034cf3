import type { Journey, StepId } from "../journey/journey.ts";
import { type Edge, edgesOf, stepsInOrder } from "../journey/step.ts";
import type { Course } from "./why-course.ts";
import { type Stand, type Way, tracksOf } from "./why-tracks.ts";

/** A step that a passage came by, or may have come by. */
export interface Gone {
  readonly step: StepId;
  /** False: the record fits with the step and without it. */
  readonly isSure: boolean;
  /** The labels of the ways surely taken on, in their order; of a round that came again there may be several. */
  readonly ways: readonly string[];
  /** Where that is not known, those that the record leaves open. */
  readonly possible: readonly string[];
  readonly times: Times;
}

/** Between which times the passage came to a step and left it, in milliseconds; null as long as it is there. */
export interface Times {
  readonly arrived: Span;
  readonly left: Span | null;
}

export interface Span {
  readonly soonest: number;
  readonly latest: number;
}

/**
 * The steps that a passage came by, in the order of the file. They are not written down one by one: they are what all the ways have in
 * common that fit the record, and a way is said to have been taken only where every one of them takes it.
 */
export function pathOf(course: Course): readonly Gone[] {
  const stands = tracksOf(course);
  if (stands === undefined) return untold(course);
  const byStep = Map.groupBy(stands, ({ step }) => step);
  return stepsInOrder(course.journey).flatMap(({ id }) => {
    const those = byStep.get(id);
    return those === undefined ? [] : [goneBy(course, stands, id, those)];
  });
}

function goneBy(
  { journey }: Course,
  stands: readonly Stand[],
  step: StepId,
  those: readonly Stand[],
): Gone {
  const isSure = !canAvoid(stands, (way) => way.to.step === step) || stands[0]?.step === step;
  const ways = those.flatMap((stand) => stand.ways);
  const labels = labelsOf(journey, step).filter((label) =>
    ways.some(({ open }) => open.label === label),
  );
  const isKnown =
    isSure &&
    labels.every(
      (label) => !canAvoid(stands, ({ from, open }) => from.step === step && open.label === label),
    );
  const isThere = those.some(({ isGoal }) => isGoal);
  return {
    step,
    isSure,
    ways: isKnown ? labels : [],
    possible: isKnown ? [] : labels,
    times: {
      arrived: span(those),
      left: isThere || ways.length === 0 ? null : span(ways.map(({ to }) => to)),
    },
  };
}

/** Whether the passage may have come where it is without any such way. */
function canAvoid(stands: readonly Stand[], isSuch: (way: Way) => boolean): boolean {
  const [first] = stands;
  const reached = new Set(first === undefined ? [] : [first]);
  for (const stand of reached) {
    if (stand.isGoal) return true;
    for (const way of stand.ways) if (!isSuch(way)) reached.add(way.to);
  }
  return false;
}

function span(stands: readonly Stand[]): Span {
  return {
    soonest: Math.min(...stands.map(({ soonest }) => soonest)),
    latest: Math.max(...stands.map(({ latest }) => latest)),
  };
}

/** What can be said where nothing fits, or too much: the steps that left something, and where the passage is. */
function untold({ journey, from, ends, marks, since, until }: Course): readonly Gone[] {
  const marked = new Set(marks.filter(({ at }) => at >= since).map(({ step }) => step));
  const within = new Set([from, ...aheadOf(journey, from)]);
  const anyTime = { soonest: since, latest: until };
  return stepsInOrder(journey).flatMap(({ id }): readonly Gone[] => {
    const isEnd = ends.includes(id);
    const isSure = marked.has(id) || (isEnd && ends.length === 1);
    const leads = [id, ...aheadOf(journey, id)].some((one) => leadsTo(journey, one, ends));
    if (!isSure && !(within.has(id) && (isEnd || leads))) return [];
    return [
      {
        step: id,
        isSure,
        ways: [],
        possible: isEnd ? [] : labelsOf(journey, id),
        times: { arrived: anyTime, left: isEnd ? null : anyTime },
      },
    ];
  });
}

function leadsTo(journey: Journey, id: StepId, ends: Course["ends"]): boolean {
  return edgesFrom(journey, id).some(({ to }) => ends.includes(to));
}

/** None where there is only one way on. */
function labelsOf(journey: Journey, id: StepId): readonly string[] {
  return edgesFrom(journey, id).flatMap(({ label }) => (label === null ? [] : [label]));
}

/** What may still come after a step, nearest first. */
export function aheadOf(journey: Journey, from: StepId): readonly StepId[] {
  const found = new Set<StepId>();
  const queue = nextOf(journey, from);
  for (const id of queue) {
    if (id === from || found.has(id)) continue;
    found.add(id);
    queue.push(...nextOf(journey, id));
  }
  return [...found];
}

function edgesFrom(journey: Journey, id: StepId): readonly Edge[] {
  const step = journey.steps[id];
  return step === undefined ? [] : edgesOf(step);
}

function nextOf(journey: Journey, id: StepId): StepId[] {
  return edgesFrom(journey, id).flatMap(({ to }) => (to === null ? [] : [to]));
}
