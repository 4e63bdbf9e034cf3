import { type Mistake, nearMiss } from "../errors.ts";
import type { Journey, Step, StepId } from "./journey.ts";
import type { NestedStep } from "./nested-step.ts";
import type { Reference } from "./reference.ts";
import { passes } from "./step.ts";

type Steps = Journey["steps"];

/** What is wrong between the steps of a journey: steps it names that are none, come later, or have no end. */
export function checkSteps(
  steps: Steps,
  ids: ReadonlyMap<NestedStep, StepId>,
  references: readonly Reference[],
): readonly Mistake[] {
  const own = references.flatMap((reference) => {
    const message = wrongWith(reference, steps, ownerOf(reference, ids));
    return message === undefined ? [] : [{ ...reference.position, message }];
  });
  return [...own, ...restless(steps, ids)];
}

function wrongWith(
  reference: Reference,
  steps: Steps,
  owner: StepId | undefined,
): string | undefined {
  if (reference.kind === "voucher") {
    const isGiven = Object.values(steps).some(
      ({ id, kind }) => kind === "voucher" && comesBefore(steps, id, owner),
    );
    return isGiven ? undefined : `"${reference.name}" needs a voucher step before, found none`;
  }
  if (reference.kind !== "step" || reference.journey !== null) return undefined;
  const { name, of } = reference;
  const message = notThat(steps, name, of);
  if (message !== undefined || of === "send" || comesBefore(steps, name, owner)) return message;
  return `the step "${name}" comes after this one; expected one that comes before`;
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

function comesBefore(steps: Steps, from: StepId, to: StepId | undefined): boolean {
  if (to === undefined) return true;
  const first = steps[from];
  return first !== undefined && passes(steps, first, to);
}

/** Repeats whose rounds can follow one another at once: their messages would go out all together. */
function restless(steps: Steps, ids: ReadonlyMap<NestedStep, StepId>): readonly Mistake[] {
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

function bodyOf(step: Step | undefined): StepId | null | undefined {
  return step?.kind === "repeat" ? step.body : undefined;
}

/** Whether a customer stays there. A date may be past, and an inner repeat without a condition is judged by itself. */
function rests(step: Step): boolean {
  if (step.kind === "wait") return step.wait.kind !== "date";
  if (step.kind === "repeat") return step.until === null;
  return step.kind === "await" || step.kind === "task";
}

const deeds = {
  send: { one: "a step that sends a message", none: "which sends no message" },
  call: { one: "a call", none: "which calls nothing" },
  task: { one: "a task", none: "which has no task" },
  voucher: { one: "a voucher step", none: "which hands out no voucher" },
} as const;

/** Why a name is not that of a step of this kind; undefined when it is. */
export function notThat(steps: Steps, id: string, of: keyof typeof deeds): string | undefined {
  const all: readonly Step[] = Object.values(steps);
  const found = all.find((step) => step.id === id);
  if (found?.kind === of) return undefined;
  if (found !== undefined)
    return `expected ${deeds[of].one}, got "${id}", which is "${found.kind}"`;
  const known = all.filter((step) => step.kind === of).map((step) => step.id);
  const meant = nearMiss(id, known);
  if (meant !== undefined) return `no step "${id}" in the journey; did you mean "${meant}"?`;
  return known.length === 0
    ? `no step "${id}" in the journey, ${deeds[of].none}`
    : `no step "${id}" in the journey; expected one of ${known.join(", ")}`;
}
