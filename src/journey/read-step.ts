import { nearMiss } from "../errors.ts";
import { allArms } from "./arms.ts";
import { type NestedStep, alwaysExit, unreadStep } from "./nested-step.ts";
import type { Place } from "./place.ts";
import { type Reader, described } from "./reader.ts";
import { stepsSchema } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { name } from "./scalar.ts";
import type { StepKind } from "./step-kind.ts";
import { kindsIn } from "./step-kinds.ts";

type Kinds = Readonly<Record<string, StepKind>>;

/** A list of steps, each a mapping with the key of its kind. An empty list is a branch that does nothing. */
export function stepsIn(scope: Scope): Reader<readonly NestedStep[]> {
  const kinds = kindsIn(scope);
  return described(stepsSchema, (place) => listOfSteps(place, kinds));
}

/** What cannot be read of it is an unread step, so that the steps beside it are seen. */
function listOfSteps(place: Place, kinds: Kinds): readonly NestedStep[] {
  if (!place.isList) {
    place.expected("a list of steps");
    return [unreadStep(place)];
  }
  const steps = place.items.map((item) => oneStep(item, kinds));
  const dead = steps.find((_, index) => alwaysExit(steps.slice(Math.max(0, index - 1), index)));
  dead?.place.wrong("this step is never reached: every way here ends in an exit");
  return steps;
}

function oneStep(place: Place, kinds: Kinds): NestedStep {
  const key = keyOfKind(place, kinds);
  const kind = key === undefined ? undefined : kinds[key];
  const given = place.has("id") ? name("the id of a step")(place.at("id")) : null;
  if (key === undefined || kind === undefined) return unreadStep(place, given);
  const { required, optional } = kind.branchesOf(place);
  const known = ["id", ...kind.beside, ...required, ...optional, key];
  const strays = place.keys.filter((each) => !known.includes(each)).map((each) => place.at(each));
  for (const stray of strays) stray.unknown("key", known.slice(0, -1));
  const act = kind.read(place);
  const labels = [...required, ...optional.filter((label) => place.has(label))];
  const branches = labels.map((label) => ({ label, steps: listOfSteps(place.at(label), kinds) }));
  if (strays.some(({ items }) => items.length > 0)) return unreadStep(place, given, null, branches);
  if (act === undefined || given === undefined) return unreadStep(place, given, key, branches);
  return { place, given, act, branches };
}

/** The kind of a step is the one key that names a kind. Arms may be called anything. */
function keyOfKind(place: Place, kinds: Kinds): string | undefined {
  if (!place.isMapping) return place.expected("a step such as { wait: 3 days }");
  const arms = allArms(place);
  const [key, another] = place.keys.filter(
    (each) => Object.hasOwn(kinds, each) && !arms.includes(each),
  );
  if (another !== undefined)
    return place.wrong(
      `expected one step, got both "${key}" and "${another}"; make them two items`,
    );
  return key ?? noKind(place, Object.keys(kinds));
}

function noKind(place: Place, known: readonly string[]): undefined {
  const misspelt = place.keys.find((key) => nearMiss(key, known) !== undefined) ?? place.keys[0];
  return misspelt === undefined
    ? place.expected(`a step (${known.join(", ")})`)
    : place.at(misspelt).unknown("kind of step", known);
}
