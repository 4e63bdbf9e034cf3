import type { DraftStep, DraftSteps } from "./draft.ts";
import type { StepId } from "./journey.ts";
import type { NestedStep } from "./nested-step.ts";

/**
 * Flattens nested steps into nodes that know what comes next. Branches meet again at the step after the one that
 * parted them; a branch that is missing or empty goes there at once.
 */
export function joinSteps(
  steps: readonly NestedStep[],
  ids: ReadonlyMap<NestedStep, StepId>,
): { readonly first: StepId | null; readonly steps: DraftSteps } {
  const nodes = new Map<StepId, DraftStep>();
  const idOf = (step: NestedStep): StepId => {
    const id = ids.get(step);
    if (id === undefined) throw new Error("a step was joined before it had an id");
    return id;
  };
  /** Adds a list of steps that goes on to `after`; returns where it begins. */
  const join = (list: readonly NestedStep[], after: StepId | null): StepId | null => {
    for (const [index, step] of list.entries()) {
      const following = list[index + 1];
      const next = following === undefined ? after : idOf(following);
      const to = (label: string, then = next) =>
        join(step.branches.find((branch) => branch.label === label)?.steps ?? [], then);
      nodes.set(idOf(step), node(idOf(step), step, next, to));
    }
    return list[0] === undefined ? after : idOf(list[0]);
  };
  const first = join(steps, null);
  return { first, steps: Object.fromEntries(nodes) };
}

/** `to` joins the branch with a label and says where it begins; it leads on to `next`, or to `then`. */
function node(
  id: StepId,
  { act, given, branches }: NestedStep,
  next: StepId | null,
  to: (label: string, then?: StepId) => StepId | null,
): DraftStep {
  switch (act.kind) {
    case "send":
    case "wait":
    case "set":
    case "enter":
      return { id, ...act, next };
    case "await":
      return { id, ...act, then: to("then"), timeout: to("else") };
    case "if":
    case "call":
      return { id, ...act, then: to("then"), else: to("else") };
    case "split": {
      const { kind, winner, weights } = act;
      const arms = Object.entries(weights);
      const joined = arms.map(([name, weight]) => ({ name, weight, next: to(name) }));
      return { id, kind, arms: joined, winner };
    }
    case "switch": {
      const arms = Object.entries(act.arms);
      const joined = arms.map(([name, condition]) => ({ name, if: condition, next: to(name) }));
      return { id, kind: act.kind, arms: joined, else: to("else") };
    }
    case "task": {
      const outcomes = act.outcomes.map((name) => ({ name, next: to(name) }));
      return { id, ...act, outcomes, timeout: to("else") };
    }
    case "voucher":
      return { id, ...act, next, empty: branches.length > 0 ? { next: to("else") } : null };
    case "repeat":
      return { id, ...act, body: to("steps", id), next };
    case "exit":
      return { id, ...act };
    case "unread": {
      // Its branches lead back to it, so that none of them is taken to come too late for another.
      const ways = [next, ...branches.map(({ label }) => to(label, id))];
      return { id, ...act, isNamed: given !== null, ways };
    }
  }
}
