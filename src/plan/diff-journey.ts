import { writeDuration } from "../duration.ts";
import { definitionHash } from "../enrollment/definition-hash.ts";
import {
  describeAgain,
  describeGoal,
  describeStart,
  describeStop,
} from "../journey/describe-journey.ts";
import { describeStep } from "../journey/describe-step.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { edgesOf, stepsInOrder } from "../journey/step.ts";
import { writeHead } from "../journey/write-journey.ts";
import { writeStep } from "../journey/write-step.ts";
import { type WrittenChange, diffWritten } from "./diff-written.ts";

/** What a file changes in a journey, in words. */
export interface JourneyChange {
  readonly settings: readonly Changed[];
  readonly added: readonly StepLine[];
  readonly removed: readonly StepLine[];
  readonly changed: readonly ChangedStep[];
  /** Ways on between steps, such as "paid -else-> reminder". */
  readonly edges: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

export interface Changed {
  /** The key of the file, or the id of a step; where words say less than the file, the key below it as well. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

export interface ChangedStep extends Changed {
  readonly id: StepId;
  /** The id it had, where that is another: derived from what it said. */
  readonly was: StepId | null;
}

export interface StepLine {
  readonly id: StepId;
  readonly line: string;
}

/** Compares the version in force with the file. Null when they are the same. */
export function diffJourney(before: Journey, after: Journey): JourneyChange | null {
  if (definitionHash(before) === definitionHash(after)) return null;
  const steps = (journey: Journey) => stepsInOrder(journey);
  const renamed = renamedSteps(before, after);
  const [oldIds, newIds] = [
    new Set(renamed.keys()),
    new Map([...renamed].map(([was, id]) => [id, was])),
  ];
  const isIn = (journey: Journey) => (step: Step) => journey.steps[step.id] !== undefined;
  const [was, is] = [waysIn(before, renamed), waysIn(after)];
  return {
    settings: diffSettings(before, after),
    added: steps(after)
      .filter((step) => !isIn(before)(step) && !newIds.has(step.id))
      .map(asLine),
    removed: steps(before)
      .filter((step) => !isIn(after)(step) && !oldIds.has(step.id))
      .map(asLine),
    changed: steps(after).flatMap((step) => {
      const was = newIds.get(step.id) ?? null;
      return diffStep(before.steps[was ?? step.id], step, was);
    }),
    edges: {
      added: is.filter((way) => !was.includes(way)),
      removed: was.filter((way) => !is.includes(way)),
    },
  };
}

function asLine(step: Step): StepLine {
  return { id: step.id, line: describeStep(step) };
}

function diffStep(
  before: Step | undefined,
  after: Step,
  was: StepId | null,
): readonly ChangedStep[] {
  if (before === undefined) return [];
  const [from, to] = [contentOf(before), contentOf(after)];
  if (definitionHash(from) === definitionHash(to)) return [];
  const written = (step: Step) => ({ ...writeStep(step), id: null });
  const words = { from: describeStep(before), to: describeStep(after) };
  const changed = inWords(
    after.id,
    words,
    diffWritten(written(before), written(after), words),
    ": ",
  );
  // A step that is only called otherwise is told with what it does.
  const told = changed.length === 0 ? [{ what: after.id, ...words }] : changed;
  return told.map((one) => ({ ...one, id: after.id, was }));
}

/**
 * Steps in the very place of another of their kind, by the old id: a wait that is longer is called otherwise. Steps that send
 * are others by another id, because what was sent is known by it.
 */
function renamedSteps(before: Journey, after: Journey): ReadonlyMap<StepId, StepId> {
  const renamed = new Map<StepId, StepId>();
  for (const old of stepsInOrder(before)) {
    if (after.steps[old.id] !== undefined || old.kind === "send") continue;
    const place = placeOf(old.id, waysIn(before, renamed));
    const found = stepsInOrder(after).find(
      ({ id, kind }) =>
        kind === old.kind && before.steps[id] === undefined && placeOf(id, waysIn(after)) === place,
    );
    if (found !== undefined) renamed.set(old.id, found.id);
  }
  return renamed;
}

/** The ways that lead to a step. */
function placeOf(id: StepId, ways: readonly string[]): string {
  const end = `> ${id}`;
  return ways
    .filter((way) => way.endsWith(end))
    .map((way) => way.slice(0, -id.length))
    .toSorted()
    .join("\n");
}

const ways: ReadonlySet<string> = new Set(["next", "then", "else", "timeout"]);
const armLists: ReadonlySet<string> = new Set(["arms", "outcomes"]);

/** A step without its ways on: these are compared as edges. */
function contentOf(step: Step): unknown {
  const entries = Object.entries(step).filter(
    ([key]) => !ways.has(key) && !(step.kind === "repeat" && key === "body"),
  );
  return Object.fromEntries(
    entries.map(([key, value]: [string, unknown]) => {
      if (armLists.has(key)) return [key, (value as readonly object[]).map(withoutNext)];
      return [key, key === "empty" && value !== null ? withoutNext(value as object) : value];
    }),
  );
}

function withoutNext(arm: object): object {
  return Object.fromEntries(Object.entries(arm).filter(([key]) => key !== "next"));
}

function waysIn(
  journey: Journey,
  renamed: ReadonlyMap<StepId, StepId> = new Map(),
): readonly string[] {
  const name = (id: StepId) => renamed.get(id) ?? id;
  const first = `start -> ${name(journey.first)}`;
  const others = stepsInOrder(journey).flatMap((step) =>
    edgesOf(step).map(
      ({ to, label }) =>
        `${name(step.id)} ${label === null ? "->" : `-${label}->`} ${to === null ? "end" : name(to)}`,
    ),
  );
  return [first, ...others];
}

interface Setting {
  readonly what: string;
  readonly words: (journey: Journey) => string;
  readonly raw: (journey: Journey) => unknown;
}

const setting = (
  what: string,
  raw: (journey: Journey) => unknown,
  words: (journey: Journey) => string = (journey) => text(raw(journey)),
): Setting => ({ what, raw, words });

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? `${value}` : "none";
}

const settings: readonly Setting[] = [
  setting("describe", (journey) => journey.describe),
  setting("class", (journey) => journey.class),
  setting("topic", (journey) => journey.topic),
  setting("priority", (journey) => journey.priority),
  setting("objective", (journey) => writeHead(journey)["objective"], describeObjective),
  setting(
    "start",
    (journey) => writeHead({ ...journey, start: { ...journey.start, again } })["start"],
    ({ start }) => describeStart(start),
  ),
  setting(
    "again",
    ({ start }) => describeAgain(start),
    ({ start }) => describeAgain(start),
  ),
  setting(
    "stop",
    (journey) => writeHead(journey)["stop"],
    ({ stop }) => stop.map(describeStop).join("; ") || "none",
  ),
  setting(
    "max_lateness",
    (journey) => writeDuration(journey.maxLateness),
    (journey) => writeDuration(journey.maxLateness),
  ),
];

/** How often somebody may enter is a setting of its own. */
const again = { kind: "never" } as const;

function describeObjective(journey: Journey): string {
  const { objective } = journey;
  if (objective === null) return "none";
  const percent = (share: number) => `${Number((share * 100).toFixed(2))}%`;
  const target = objective.target === null ? "" : `, target ${percent(objective.target)}`;
  const value = objective.value === null ? "" : `, worth its ${objective.value}`;
  return `${describeGoal(journey)}${value}${target}, holdout ${percent(objective.holdout)}`;
}

function diffSettings(before: Journey, after: Journey): readonly Changed[] {
  return settings.flatMap(({ what, words, raw }) => {
    const lines = { from: words(before), to: words(after) };
    return inWords(what, lines, diffWritten(raw(before), raw(after), lines), ".");
  });
}

/** One line in words where these differ, and one for each key whose change they do not tell. */
function inWords(
  what: string,
  { from, to }: { readonly from: string; readonly to: string },
  written: readonly WrittenChange[],
  joint: string,
): readonly Changed[] {
  const told = from === to ? [] : [{ what, from, to }];
  const untold = written.map(({ path, ...change }) => ({
    what: path === "" ? what : `${what}${joint}${path}`,
    ...change,
  }));
  return [...told, ...untold];
}
