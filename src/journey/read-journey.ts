import type { Duration } from "../duration.ts";
import { type Mistake, nearMiss } from "../errors.ts";
import { joinSteps } from "./join-steps.ts";
import type { Journey, Objective, Step, Stop } from "./journey.ts";
import type { Migration } from "./migration.ts";
import { type Findings, type Place, readPlaces } from "./place.ts";
import type { NestedStep } from "./nested-step.ts";
import { type Scope, conditionIn } from "./read-condition.ts";
import { eventName } from "./read-event-condition.ts";
import { checkDestinations, migration } from "./read-migrate.ts";
import { startFor } from "./read-start.ts";
import { stepsIn } from "./read-step.ts";
import { eventWhere } from "./read-test.ts";
import { type Reader, choice, list, map, mapping, nullable, optional, required } from "./reader.ts";
import type { Reference } from "./reference.ts";
import { duration, name, share, text } from "./scalar.ts";
import { idsOf } from "./step-id.ts";

export interface JourneyRead {
  /** Undefined when there is any mistake. */
  readonly journey: Journey | undefined;
  /** Which customers of earlier versions move to this one; null when they all stay. */
  readonly migration: Migration | null;
  readonly mistakes: readonly Mistake[];
  /** What the file names and other files must hold; for `checkProject`. */
  readonly references: readonly Reference[];
}

const oneDay: Duration = { months: 0, days: 1, seconds: 0 };

/** Reads a workflow file, with every mistake that can be seen in it alone. */
export function readJourney(text: string, file: string, maxLateness = oneDay): JourneyRead {
  const { result, mistakes, references } = readPlaces(text, file, (root, findings) =>
    journeyIn(root, findings, maxLateness),
  );
  return { journey: undefined, migration: null, ...result, mistakes, references };
}

function journeyIn(
  root: Place,
  findings: Findings,
  maxLateness: Duration,
): Pick<JourneyRead, "journey" | "migration"> | undefined {
  const said = root.at("class").value ?? "marketing";
  const scope: Scope = { entry: root.at("start").has("on"), journey: true };
  const read = mapping('a journey: a mapping that begins with "journey: <name>"', {
    journey: required(name("the name of the journey")),
    describe: nullable(text("a sentence")),
    class: optional(
      choice<Journey["class"]>("a class", ["marketing", "transactional"]),
      "marketing",
    ),
    topic: nullable(topic),
    objective: nullable(objective),
    start: required(startFor(said === "transactional" ? said : "marketing")),
    stop: optional(list("a list such as [{ on: order_completed }]", stopIn(scope)), []),
    max_lateness: optional(duration, maxLateness),
    migrate: nullable(migration),
    // Last, because it checks the steps that all the conditions above have named.
    steps: required(map(stepsIn(scope), (nested, place) => joined(nested, place, findings))),
  })(root);
  if (root.isMapping && said === "marketing" && !root.has("topic"))
    root
      .at("topic")
      .wrong('expected what the customer must have agreed to, such as "offers", got nothing');
  if (read === undefined) return undefined;
  const { journey, max_lateness: lateness, migrate, steps: flat, ...rest } = read;
  if (migrate !== null) checkDestinations(root.at("migrate"), migrate, Object.keys(flat.steps));
  const parsed = { name: journey, ...rest, maxLateness: lateness, priority: 0, ...flat };
  return { journey: parsed, migration: migrate };
}

function joined(
  nested: readonly NestedStep[],
  place: Place,
  { mistakes, references }: Findings,
): Pick<Journey, "first" | "steps"> | undefined {
  const { first, steps } = joinSteps(nested, idsOf(nested));
  if (first === null) return place.expected("at least one step");
  for (const { position, ...reference } of references) {
    const isOwn = reference.kind === "step" && reference.journey === null;
    const message = isOwn ? notASend(steps, reference.name) : undefined;
    if (message !== undefined) mistakes.push({ ...position, message });
  }
  return { first, steps };
}

const topic: Reader<string> = (place) => {
  const read = name("a topic such as offers")(place);
  if (read !== undefined) place.refer({ kind: "topic", name: read });
  return read;
};

const objective: Reader<Objective> = mapping("an objective such as { goal: order_completed }", {
  goal: required(eventName),
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
      as: nullable(reason),
    }),
    ({ on, where, as }): Stop => ({ kind: "event", event: on, where, match: {}, as: as ?? on }),
  );
  const onCondition = map(
    mapping("a stop", { if: required(conditionIn(scope)), as: required(reason) }),
    (read): Stop => ({ kind: "condition", ...read }),
  );
  return (place) => {
    if (place.has("on") && place.has("if"))
      return place.wrong('expected "on" or "if", got both; make them two items');
    if (!place.isMapping) return place.expected("a stop such as { on: order_completed }");
    return place.has("if") ? onCondition(place) : onEvent(place);
  };
}

/** Why a name is not that of a send step; undefined when it is. */
export function notASend(steps: Journey["steps"], id: string): string | undefined {
  const all: readonly Step[] = Object.values(steps);
  const found = all.find((step) => step.id === id);
  if (found?.kind === "send") return undefined;
  if (found !== undefined)
    return `expected a step that sends a message, got "${id}", which is "${found.kind}"`;
  const sends = all.filter((step) => step.kind === "send").map((step) => step.id);
  const meant = nearMiss(id, sends);
  if (meant !== undefined) return `no step "${id}" in the journey; did you mean "${meant}"?`;
  return sends.length === 0
    ? `no step "${id}" in the journey, which sends no message`
    : `no step "${id}" in the journey; expected one of ${sends.join(", ")}`;
}
