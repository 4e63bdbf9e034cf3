import type { Duration } from "../duration.ts";
import type { Mistake } from "../errors.ts";
import { joinSteps } from "./join-steps.ts";
import type { Journey, Objective, StepId, Stop } from "./journey.ts";
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
import { startFor } from "./read-start.ts";
import { stepsIn } from "./read-step.ts";
import { eventWhere } from "./read-test.ts";
import {
  type Reader,
  choice,
  described,
  list,
  map,
  mapping,
  nullable,
  optional,
  required,
} from "./reader.ts";
import type { Position, Reference } from "./reference.ts";
import { duration, name, share, text, wholeNumber } from "./scalar.ts";
import { idsOf } from "./step-id.ts";

export interface JourneyRead {
  /** Undefined when there is any mistake. */
  readonly journey: Journey | undefined;
  /** Which customers of earlier versions move to this one; null when they all stay. */
  readonly migration: Migration | null;
  readonly mistakes: readonly Mistake[];
  readonly places: JourneyPlaces;
  /** What the file names and other files must hold; for `checkProject`. */
  readonly references: readonly Reference[];
}

/** Where the parts of a journey stand in its file. */
export interface JourneyPlaces {
  readonly startIf: Position | null;
  readonly stops: readonly Position[];
  readonly steps: ReadonlyMap<StepId, Position>;
}

const nowhere: JourneyPlaces = { startIf: null, stops: [], steps: new Map() };
const oneDay: Duration = { months: 0, days: 1, seconds: 0 };

/** Reads a workflow file, with every mistake that can be seen in it alone. */
export function readJourney(text: string, file: string, maxLateness = oneDay): JourneyRead {
  const { result, mistakes, references } = readPlaces(text, file, (root, findings) =>
    journeyIn(root, findings, maxLateness),
  );
  const none = { journey: undefined, migration: null, places: nowhere };
  return { ...none, ...result, mistakes, references };
}

function journeyIn(
  root: Place,
  findings: Findings,
  maxLateness: Duration,
): Pick<JourneyRead, "journey" | "migration" | "places"> | undefined {
  const said = root.at("class").value ?? "marketing";
  const start = root.at("start");
  const scope = { entry: start.has("on") || start.has("request"), journey: true, steps: true };
  const join = (nested: readonly NestedStep[], place: Place) => joined(nested, place, findings);
  const read = journeyReader(scope, said === "transactional" ? said : "marketing", join)(root);
  if (root.isMapping && said === "marketing" && !root.has("topic"))
    root
      .at("topic")
      .wrong('expected what the customer must have agreed to, such as "offers", got nothing');
  if (read === undefined) return undefined;
  const { journey, max_lateness: lateness, migrate, steps: found, ...rest } = read;
  const { places, ...flat } = found;
  if (migrate !== null) checkDestinations(root.at("migrate"), migrate, Object.keys(flat.steps));
  const parsed = { name: journey, ...rest, maxLateness: lateness ?? maxLateness, ...flat };
  const startIf = start.has("if") ? start.at("if").position : null;
  return {
    journey: parsed,
    migration: migrate,
    places: {
      startIf,
      stops: root.at("stop").items.map(({ position }) => position),
      steps: places,
    },
  };
}

/** The keys of a workflow file. */
function journeyReader<T>(
  scope: Scope,
  of: Journey["class"],
  join: (nested: readonly NestedStep[], place: Place) => T | undefined,
) {
  return mapping('a journey: a mapping that begins with "journey: <name>"', {
    journey: required(name("the name of the journey")),
    describe: nullable(text("a sentence")),
    class: optional(
      choice<Journey["class"]>("a class", ["marketing", "transactional"]),
      "marketing",
    ),
    topic: nullable(topic),
    objective: nullable(objective),
    priority: optional(wholeNumber("a whole number, -1000 to 1000", -1000, 1000), 0),
    start: required(startFor(of)),
    stop: optional(list("a list such as [{ on: order_completed }]", stopIn(scope)), []),
    max_lateness: nullable(duration),
    migrate: nullable(migration),
    // Last, because it checks the steps that all the conditions above have named.
    steps: required(map(stepsIn(scope), join)),
  });
}

/** What editors are told of a workflow file. */
export function journeySchema(): Schema {
  const everything: Scope = { entry: true, journey: true, steps: true };
  return journeyReader(everything, "marketing", (nested) => nested).schema ?? anything;
}

function joined(
  nested: readonly NestedStep[],
  place: Place,
  { mistakes, references }: Findings,
): (Pick<Journey, "first" | "steps"> & { readonly places: JourneyPlaces["steps"] }) | undefined {
  const ids = idsOf(nested);
  const { first, steps } = joinSteps(nested, ids);
  if (first === null) return place.expected("at least one step");
  mistakes.push(...checkSteps(steps, ids, references));
  const places = new Map([...ids].map(([step, id]) => [id, step.place.position]));
  return { first, steps, places };
}

const topic: Reader<string> = map(name("a topic such as offers"), (read, place) => {
  place.refer({ kind: "topic", name: read });
  return read;
});

const objective: Reader<Objective> = mapping("an objective such as { goal: order_completed }", {
  goal: required(eventName),
  where: optional(eventWhere, {}),
  value: nullable(text("the property that says what it earned")),
  target: nullable(share),
  within: nullable(duration),
  holdout: optional(share, 0),
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
