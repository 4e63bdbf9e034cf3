import type { Draft, DraftStep, DraftSteps } from "./draft.ts";
import type { Journey, Step, StepId } from "./journey.ts";

export interface Edge {
  /** Null completes the enrollment. */
  readonly to: StepId | null;
  /** `then`, `else`, the name of an arm or an outcome, `again` and `done` of a repeat; null where there is only one way. */
  readonly label: string | null;
}

/** The ways on from a step, as the flowchart draws them. An exit has none. */
export function edgesOf(step: DraftStep): readonly Edge[] {
  switch (step.kind) {
    case "send":
    case "wait":
    case "set":
    case "enter":
      return [{ to: step.next, label: null }];
    case "await":
      return [
        { to: step.then, label: "then" },
        { to: step.timeout, label: "else" },
      ];
    case "if":
    case "call":
      return [
        { to: step.then, label: "then" },
        { to: step.else, label: "else" },
      ];
    case "switch":
      return [...armsOf(step.arms), { to: step.else, label: "else" }];
    case "split":
      return armsOf(step.arms);
    case "task":
      return [...armsOf(step.outcomes), { to: step.timeout, label: "else" }];
    case "voucher":
      return step.empty === null
        ? [{ to: step.next, label: null }]
        : [
            { to: step.next, label: "then" },
            { to: step.empty.next, label: "else" },
          ];
    case "repeat":
      return [
        { to: step.body, label: "again" },
        { to: step.next, label: "done" },
      ];
    case "exit":
      return [];
    case "unread":
      return step.ways.map((to) => ({ to, label: null }));
  }
}

function armsOf(
  arms: readonly { readonly name: string; readonly next: StepId | null }[],
): readonly Edge[] {
  return arms.map(({ name, next }) => ({ to: next, label: name }));
}

/** Whether there is a way from a step to another, over steps that `mayPass`. */
export function passes(
  steps: DraftSteps,
  from: DraftStep,
  to: StepId,
  mayPass: (step: DraftStep) => boolean = () => true,
): boolean {
  const seen = new Set<StepId>();
  const open = edgesOf(from).map((edge) => edge.to);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    const step = id === null ? undefined : steps[id];
    if (step === undefined || seen.has(step.id) || !mayPass(step)) continue;
    seen.add(step.id);
    open.push(...edgesOf(step).map((edge) => edge.to));
  }
  return false;
}

/**
 * Whether customers who are at a step can have been at another before. It may be so of a step that nobody reaches: that alone is
 * said of it.
 */
export function mayComeBefore(
  { first, steps }: Pick<Draft, "first" | "steps">,
  before: StepId,
  step: StepId,
): boolean {
  const leads = (from: StepId) => steps[from] !== undefined && passes(steps, steps[from], step);
  return leads(before) || (step !== first && !leads(first));
}

/**
 * The steps as a reader of the file meets them, each after all that lead to it but the ends of a repeat. Worked out from the edges, because
 * jsonb does not keep the order of keys.
 */
export function stepsInOrder(journey: Journey): readonly Step[] {
  const seen = new Set<StepId>();
  const backwards: Step[] = [];
  const stack: { readonly id: StepId; readonly done: boolean }[] = [
    { id: journey.first, done: false },
  ];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const step = journey.steps[top.id];
    if (step === undefined) continue;
    if (top.done) backwards.push(step);
    if (top.done || seen.has(top.id)) continue;
    seen.add(top.id);
    stack.push({ id: top.id, done: true });
    // The last way on is walked first, so that the first one comes out first when all is turned round.
    for (const { to } of edgesOf(step)) if (to !== null) stack.push({ id: to, done: false });
  }
  return backwards.toReversed();
}

/** The names of the events a journey starts, stops, waits or is judged by. */
export function eventsHeardBy(journey: Journey): readonly string[] {
  const { start, stop, objective, steps } = journey;
  const heard = [
    ...(start.kind === "event" ? [start.event] : []),
    ...stop.flatMap((each) => (each.kind === "event" ? [each.event] : [])),
    ...Object.values(steps).flatMap((step) => (step.kind === "await" ? [step.event] : [])),
    ...(typeof objective?.goal === "string" ? [objective.goal] : []),
  ];
  return [...new Set(heard)].toSorted();
}
