import { type Mistake, nearMiss } from "../errors.ts";
import { type Draft, type DraftStep, type DraftSteps, mayBe, mayHide } from "./draft.ts";
import type { StepId } from "./journey.ts";
import type { NestedStep } from "./nested-step.ts";
import type { Reference } from "./reference.ts";
import { mayComeBefore, passes } from "./step.ts";

type Ways = Pick<Draft, "first" | "steps">;

/** What is wrong between the steps of a journey: steps it names that are none, come later, or have no end. */
export function checkSteps(
  ways: Ways,
  ids: ReadonlyMap<NestedStep, StepId>,
  references: readonly Reference[],
): readonly Mistake[] {
  const own = references.flatMap((reference) => {
    const message = wrongWith(reference, ways, ownerOf(reference, ids));
    return message === undefined ? [] : [{ ...reference.position, message }];
  });
  return [...own, ...restless(ways.steps, ids)];
}

function wrongWith(
  reference: Reference,
  ways: Ways,
  owner: StepId | undefined,
): string | undefined {
  const isBefore = (id: StepId) => owner === undefined || mayComeBefore(ways, id, owner);
  if (reference.kind === "voucher") {
    const isGiven = Object.values(ways.steps).some(
      (step) => mayBe(step, "voucher") && isBefore(step.id),
    );
    return isGiven ? undefined : `"${reference.name}" needs a voucher step before, found none`;
  }
  if (reference.kind !== "step" || reference.journey !== null) return undefined;
  const { name, of } = reference;
  const message = notThat(ways.steps, name, of);
  const isElsewhere = !Object.hasOwn(ways.steps, name);
  if (message !== undefined || isElsewhere || owner === undefined || isBefore(name)) return message;
  return mayComeBefore(ways, owner, name)
    ? `the step "${name}" comes after this one; expected one that comes before`
    : `nobody who comes here was at the step "${name}"; expected one that comes before`;
}

/** The step that a reference stands in; undefined where it stands in the head of the file. */
function ownerOf(
  { position }: Reference,
  ids: ReadonlyMap<NestedStep, StepId>,
): StepId | undefined {
  let best = { path: "", id: undefined as StepId | undefined };
  for (const [{ place }, id] of ids) {
    const { path } = place.position;
    const isIn = position.path === path || position.path.startsWith(`${path}.`);
    if (isIn && path.length > best.path.length) best = { path, id };
  }
  return best.id;
}

/** Repeats whose rounds can follow one another at once: their messages would go out all together. */
function restless(steps: DraftSteps, ids: ReadonlyMap<NestedStep, StepId>): readonly Mistake[] {
  return [...ids].flatMap(([{ place, act }, id]) => {
    const body = act.kind === "repeat" ? (bodyOf(steps[id]) ?? undefined) : undefined;
    const first = body === undefined ? undefined : steps[body];
    if (first === undefined || rests(first) || !passes(steps, first, id, (step) => !rests(step)))
      return [];
    const message =
      "the rounds of this repeat can follow one another at once; put a wait, an await or a task into its steps";
    return [{ ...place.at("repeat").position, message }];
  });
}

function bodyOf(step: DraftStep | undefined): StepId | null | undefined {
  return step?.kind === "repeat" ? step.body : undefined;
}

/** Whether a customer may stay there. A date may be past, and an inner repeat without a condition is judged by itself. */
function rests(step: DraftStep): boolean {
  if (step.kind === "wait") return step.wait.kind !== "date";
  if (step.kind === "repeat") return step.until === null;
  return step.kind === "await" || step.kind === "task" || step.kind === "unread";
}

const deeds = {
  send: { one: "a step that sends a message", none: "which sends no message" },
  call: { one: "a call", none: "which calls nothing" },
  task: { one: "a task", none: "which has no task" },
  voucher: { one: "a voucher step", none: "which hands out no voucher" },
} as const;

/** Why a name is not that of a step of this kind; undefined when it is, or may be one that cannot be seen. */
export function notThat(steps: DraftSteps, id: string, of: keyof typeof deeds): string | undefined {
  const all = Object.values(steps);
  const found = all.find((step) => step.id === id);
  if (found !== undefined)
    return mayBe(found, of)
      ? undefined
      : `expected ${deeds[of].one}, got "${id}", which is "${found.kind === "unread" ? found.of : found.kind}"`;
  if (all.some((step) => mayHide(step, of))) return undefined;
  const known = all.filter((step) => step.kind === of).map((step) => step.id);
  const meant = nearMiss(id, known);
  if (meant !== undefined) return `no step "${id}" in the journey; did you mean "${meant}"?`;
  return known.length === 0
    ? `no step "${id}" in the journey, ${deeds[of].none}`
    : `no step "${id}" in the journey; expected one of ${known.join(", ")}`;
}
