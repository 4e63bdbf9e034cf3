import type { Step, StepId } from "../journey/journey.ts";
import { innermostRepeat } from "./occurrence.ts";
import type { Course, Heard, Mark, Round } from "./why-course.ts";
import { type Open, markKey, openWays } from "./why-ways.ts";

/** One time that a passage may have come by a step, or the end (null). Times are in milliseconds. */
export interface Stand {
  readonly step: StepId | null;
  readonly mark: Mark | undefined;
  readonly isGoal: boolean;
  readonly ways: Way[];
  /** When the passage came here at the soonest, and in which turn of the engine at the soonest. */
  soonest: number;
  turn: number;
  /** When it came here at the latest. */
  latest: number;
}

export interface Way {
  readonly open: Open;
  readonly from: Stand;
  readonly to: Stand;
}

/** Clocks of several machines, and what is cut off a time on its way here. */
const slackMs = 5000;
/** More than this many are not looked through. */
const mostStands = 20_000;

interface Place {
  readonly step: StepId | null;
  readonly rounds: Readonly<Record<StepId, Round>>;
  /** How many of the marks lie behind. */
  readonly passed: number;
}

/**
 * Every way through the journey that fits the record: it passes all marks and no step that would have left one, its waits fit in
 * between, its awaits heard what they waited for, and it goes as many rounds as were counted. Undefined when none does, or when there
 * are too many to look through.
 */
export function tracksOf(course: Course): readonly Stand[] | undefined {
  const hasRounds = Object.values(course.journey.steps).some(({ kind }) => kind === "repeat");
  const stands = course.rounds === null && hasRounds ? undefined : standsOf(course);
  if (stands === undefined) return undefined;
  goForward(course, stands);
  goBackward(course, stands);
  const fits = (stand: Stand) => stand.soonest <= stand.latest + slackMs;
  for (const stand of stands)
    keepWays(
      stand,
      (way) => fits(stand) && fits(way.to) && soonestBy(way) <= way.to.latest + slackMs,
    );
  const leading = leadingOn(stands);
  for (const stand of stands) keepWays(stand, ({ to }) => leading.has(to));
  const [first] = stands;
  return first !== undefined && leading.has(first) ? reachedFrom(first, stands) : undefined;
}

function keepWays(stand: Stand, isKept: (way: Way) => boolean): void {
  stand.ways.splice(0, stand.ways.length, ...stand.ways.filter(isKept));
}

/** Those from which the goal can be reached. */
function leadingOn(stands: readonly Stand[]): ReadonlySet<Stand> {
  const leading = new Set<Stand>();
  for (const stand of stands.toReversed())
    if (stand.isGoal || stand.ways.some(({ to }) => leading.has(to))) leading.add(stand);
  return leading;
}

function reachedFrom(first: Stand, stands: readonly Stand[]): readonly Stand[] {
  const reached = new Set([first]);
  for (const { ways } of reached) for (const { to } of ways) reached.add(to);
  return stands.filter((stand) => reached.has(stand));
}

/** In an order in which each comes after all that lead to it. */
function standsOf(course: Course): readonly Stand[] | undefined {
  const { journey } = course;
  const marks = new Map(course.marks.map((mark) => [markKey(mark.step, mark.occurrence), mark]));
  const needed = course.marks.filter((mark) => isNeeded(course, mark)).length;
  const repeats = new Map(
    Object.keys(journey.steps).map((id) => [id, innermostRepeat(journey, id)] as const),
  );
  const known = new Map<string, Stand>();
  const backwards: Stand[] = [];
  const stack: { readonly place: Place; readonly done: boolean }[] = [
    { place: { step: course.from, rounds: {}, passed: 0 }, done: false },
  ];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { place } = top;
    const stand = known.get(keyOf(place));
    if (top.done && stand !== undefined) backwards.push(stand);
    if (top.done || stand !== undefined) continue;
    if (known.size >= mostStands) return undefined;
    known.set(keyOf(place), standAt(place));
    stack.push({ place, done: true });
    for (const { next } of onFrom(place)) stack.push({ place: next, done: false });
  }
  for (const [key, stand] of known) {
    for (const { open, next } of onFrom(JSON.parse(key) as Place)) {
      const to = known.get(keyOf(next));
      if (to !== undefined) stand.ways.push({ open, from: stand, to });
    }
  }
  return backwards.toReversed();

  function standAt(place: Place): Stand {
    const isGoal =
      course.ends.includes(place.step) &&
      countedIn(place) === needed &&
      (course.rounds === null || isSame(place.rounds, course.rounds));
    const times = { soonest: Infinity, turn: Infinity, latest: -Infinity };
    return { step: place.step, mark: markOf(place), isGoal, ways: [], ...times };
  }

  function markOf({ step, rounds }: Place): Mark | undefined {
    if (step === null) return undefined;
    const repeat = repeats.get(step);
    const pass = repeat === undefined ? 0 : (rounds[repeat]?.pass ?? 0);
    return marks.get(markKey(step, Math.max(pass - 1, 0)));
  }

  function countedIn(place: Place): number {
    const mark = markOf(place);
    return place.passed + (mark !== undefined && isNeeded(course, mark) ? 1 : 0);
  }

  function onFrom(place: Place): readonly { readonly open: Open; readonly next: Place }[] {
    const step = place.step === null ? undefined : journey.steps[place.step];
    if (step === undefined) return [];
    const round = place.rounds[step.id] ?? noRound;
    const passed = countedIn(place);
    // Whoever was moved here may have rested before.
    const isResting = course.resumed && step.id === course.from;
    return openWays(course, step, markOf(place), round).flatMap((open) => {
      const rounds = roundsAfter(course, place.rounds, step, open);
      const way = isResting ? { ...open, takes: 0 } : open;
      return rounds === undefined ? [] : [{ open: way, next: { step: open.to, rounds, passed } }];
    });
  }
}

const noRound: Round = { round: 0, pass: 0 };

/** As the engine counts them (repeat.ts); undefined where there were not so many. */
function roundsAfter(
  course: Course,
  rounds: Place["rounds"],
  step: Step,
  { label }: Open,
): Place["rounds"] | undefined {
  if (step.kind !== "repeat" || step.body === null) return rounds;
  const { round, pass } = rounds[step.id] ?? noRound;
  if (label !== "again") return { ...rounds, [step.id]: { round: 0, pass } };
  if (course.rounds !== null && pass >= (course.rounds[step.id]?.pass ?? 0)) return undefined;
  return { ...rounds, [step.id]: { round: round + 1, pass: pass + 1 } };
}

function isSame(some: Place["rounds"], others: Place["rounds"]): boolean {
  return [...Object.keys(some), ...Object.keys(others)].every((id) => {
    const [one, other] = [some[id] ?? noRound, others[id] ?? noRound];
    return one.round === other.round && one.pass === other.pass;
  });
}

function keyOf({ step, rounds, passed }: Place): string {
  const sorted = Object.fromEntries(
    Object.entries(rounds).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return JSON.stringify({ step, rounds: sorted, passed } satisfies Place);
}

/** A mark from before a migration is passed again without a new one. */
function isNeeded({ since, resumed }: Course, { at }: Mark): boolean {
  return !resumed || at >= since - slackMs;
}

function goForward(course: Course, stands: readonly Stand[]): void {
  const [first] = stands;
  if (first === undefined) return;
  first.soonest = course.since;
  first.turn = course.resumed ? -Infinity : course.since;
  for (const stand of stands) {
    const { mark } = stand;
    // Whoever waited for a code of a pool came a little sooner than the code.
    if (mark !== undefined && isNeeded(course, mark))
      stand.soonest =
        stand.soonest > mark.at + slackMs ? Infinity : Math.max(stand.soonest, mark.at);
    if (stand.soonest === Infinity) continue;
    for (const way of stand.ways) arrive(way);
  }
}

function arrive(way: Way): void {
  const { open, from, to } = way;
  const soonest = soonestBy(way);
  to.soonest = Math.min(to.soonest, soonest);
  to.turn = Math.min(to.turn, open.rests ? soonest : from.turn);
}

function soonestBy({ open, from }: Way): number {
  const heard = open.heard === null ? -Infinity : firstHeard(open.heard, from);
  return Math.max(from.soonest + open.takes, open.notBefore, heard);
}

function firstHeard(heard: readonly Heard[], { turn }: Stand): number {
  const some = heard.filter(({ occurred }) => occurred >= turn - slackMs);
  return Math.min(...some.map(({ occurred, received }) => Math.max(occurred, received)));
}

function goBackward(course: Course, stands: readonly Stand[]): void {
  for (const stand of stands.toReversed()) {
    if (stand.isGoal) stand.latest = course.until;
    for (const { open, to } of stand.ways)
      if (open.notBefore <= to.latest + slackMs)
        stand.latest = Math.max(stand.latest, to.latest - open.takes);
    const { mark } = stand;
    if (mark !== undefined && isNeeded(course, mark))
      stand.latest = Math.min(stand.latest, mark.at);
  }
}
