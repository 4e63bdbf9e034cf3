import type { Duration } from "../duration.ts";
import type { Mistake } from "../errors.ts";
import { type Draft, isJourney, nothingRead } from "./draft.ts";
import { joinSteps } from "./join-steps.ts";
import type { Journey, StepId, Stop } from "./journey.ts";
import type { Migration } from "./migration.ts";
import { type Findings, type Place, readPlaces } from "./place.ts";
import type { NestedStep } from "./nested-step.ts";
import { conditionIn } from "./read-condition.ts";
import { anything, oneOf, type Schema } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { checkSteps } from "./check-steps.ts";
import { matchIn } from "./operand.ts";
import { eventName } from "./read-event-condition.ts";
import { checkDestinations, migration } from "./read-migrate.ts";
import { objectiveIn } from "./read-objective.ts";
import { startFor } from "./read-start.ts";
import { stepsIn } from "./read-step.ts";
import { eventWhere } from "./read-test.ts";
import {
  type Reader,
  choice,
  described,
  items,
  map,
  mapping,
  nullable,
  optional,
  parts,
  required,
} from "./reader.ts";
import type { Position, Reference } from "./reference.ts";
import { duration, name, text, wholeNumber } from "./scalar.ts";
import { idsOf } from "./step-id.ts";

export interface JourneyRead {
  /** Undefined when there is any mistake. */
  readonly journey: Journey | undefined;
  /** The journey as far as it could be read, for `check` alone. */
  readonly draft: Draft;
  /** Which customers of earlier versions move to this one; null when they all stay. */
  readonly migration: Migration | null;
  readonly mistakes: readonly Mistake[];
  readonly places: JourneyPlaces;
  /** What the file names and other files must hold; for `checkProject`. */
  readonly references: readonly Reference[];
}

/** Where the parts of a journey stand in its file. */
export interface JourneyPlaces {
  readonly goal: Position | null;
  readonly startIf: Position | null;
  readonly stops: readonly Position[];
  readonly steps: ReadonlyMap<StepId, Position>;
}

const nowhere: JourneyPlaces = { goal: null, startIf: null, stops: [], steps: new Map() };
const oneDay: Duration = { months: 0, days: 1, seconds: 0 };

/** Reads a workflow file, with every mistake that can be seen in it alone. */
export function readJourney(text: string, file: string, maxLateness = oneDay): JourneyRead {
  const { found, mistakes, references } = readPlaces(text, file, (root, findings) =>
    draftIn(root, findings, maxLateness),
  );
  const read = found ?? { draft: nothingRead, migration: null, places: nowhere };
  const journey = mistakes.length === 0 && isJourney(read.draft) ? read.draft : undefined;
  return { ...read, journey, mistakes, references };
}

function draftIn(
  root: Place,
  findings: Findings,
  maxLateness: Duration,
): Pick<JourneyRead, "draft" | "migration" | "places"> | undefined {
  const said = root.at("class").value ?? "marketing";
  const start = root.at("start");
  const scope = { entry: mayHaveEntry(start), journey: true, steps: true };
  const read = journeyReader(scope, said === "transactional" ? said : "marketing")(root);
  if (root.isMapping && said === "marketing" && !root.has("topic"))
    root
      .at("topic")
      .wrong('expected what the customer must have agreed to, such as "offers", got nothing');
  if (read === undefined) return undefined;
  const {
    journey: name,
    stop = [],
    max_lateness: lateness,
    migrate,
    steps: nested,
    ...rest
  } = read;
  if (said === "transactional" && rest.objective?.holdout)
    root
      .at("objective")
      .at("holdout")
      .wrong(
        "the held out would get no message, and those of a transactional journey are owed to all; leave the holdout out",
      );
  const { places, ...ways } = joined(nested ?? [], root.at("steps"), findings);
  if (migrate) checkDestinations(root.at("migrate"), migrate, ways.steps);
  const late = lateness === null ? maxLateness : lateness;
  return {
    draft: { name, ...rest, stop, maxLateness: late, ...ways },
    migration: migrate ?? null,
    places: {
      goal: root.at("objective").at("goal").position,
      startIf: start.has("if") ? start.at("if").position : null,
      stops: root.at("stop").items.map(({ position }) => position),
      steps: places,
    },
  };
}

/** Of a start that cannot be told nothing is said elsewhere. */
function mayHaveEntry(start: Place): boolean {
  const others = ["segment", "every", "date"];
  return start.has("on") || start.has("request") || !others.some((kind) => start.has(kind));
}

/** The keys of a workflow file. */
function journeyReader(scope: Scope, of: Journey["class"]) {
  return parts('a journey: a mapping that begins with "journey: <name>"', {
    journey: required(name("the name of the journey")),
    describe: nullable(text("a sentence")),
    class: optional(
      choice<Journey["class"]>("a class", ["marketing", "transactional"]),
      "marketing",
    ),
    topic: nullable(topic),
    objective: nullable(objectiveIn(scope)),
    priority: optional(wholeNumber("a whole number, -1000 to 1000", -1000, 1000), 0),
    start: required(startFor(of)),
    stop: optional(items("a list such as [{ on: order_completed }]", stopIn(scope)), []),
    max_lateness: nullable(duration),
    migrate: nullable(migration),
    steps: required(stepsIn(scope)),
  });
}

/** What editors are told of a workflow file. */
export function journeySchema(): Schema {
  const everything: Scope = { entry: true, journey: true, steps: true };
  return journeyReader(everything, "marketing").schema ?? anything;
}

function joined(
  nested: readonly NestedStep[],
  place: Place,
  { mistakes, references }: Findings,
): Pick<Draft, "first" | "steps"> & { readonly places: JourneyPlaces["steps"] } {
  const ids = idsOf(nested);
  const { first, steps } = joinSteps(nested, ids);
  if (first === null) {
    place.expected("at least one step");
    return { first: nothingRead.first, steps: nothingRead.steps, places: nowhere.steps };
  }
  mistakes.push(...checkSteps({ first, steps }, ids, references));
  const places = new Map([...ids].map(([step, id]) => [id, step.place.position]));
  return { first, steps, places };
}

const topic: Reader<string> = map(name("a topic such as offers"), (read, place) => {
  place.refer({ kind: "topic", name: read });
  return read;
});

/** `{ on: order_completed, as: converted }` or `{ if: <condition>, as: moved }`; `as` is the reason of the exit. */
function stopIn(scope: Scope): Reader<Stop> {
  const reason = text("the reason of the exit");
  const onEvent = map(
    mapping("a stop", {
      on: required(eventName),
      where: optional(eventWhere, {}),
      match: optional(matchIn(scope), {}),
      as: nullable(reason),
    }),
    ({ on, as, ...rest }): Stop => ({ kind: "event", event: on, as: as ?? on, ...rest }),
  );
  const onCondition = map(
    mapping("a stop", { if: required(conditionIn(scope)), as: required(reason) }),
    (read): Stop => ({ kind: "condition", ...read }),
  );
  const schema = oneOf(onEvent.schema ?? anything, onCondition.schema ?? anything);
  return described(schema, (place) => {
    if (place.has("on") && place.has("if"))
      return place.wrong('expected "on" or "if", got both; make them two items');
    if (!place.isMapping) return place.expected("a stop such as { on: order_completed }");
    return place.has("if") ? onCondition(place) : onEvent(place);
  });
}
