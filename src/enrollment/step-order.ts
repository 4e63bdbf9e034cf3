import type { Journey, Step, StepId } from "../journey/journey.ts";

/** Every step that can be reached, in the order in which the flowchart is read. */
export function stepsInOrder(journey: Journey): readonly Step[] {
  const seen = new Set<StepId>();
  const visit = (id: StepId | null): void => {
    const step = id === null ? undefined : journey.steps[id];
    if (step === undefined || seen.has(step.id)) return;
    seen.add(step.id);
    for (const next of waysFrom(step)) visit(next);
  };
  visit(journey.first);
  return [...seen].flatMap((id) => journey.steps[id] ?? []);
}

function waysFrom(step: Step): readonly (StepId | null)[] {
  switch (step.kind) {
    case "send":
    case "wait":
      return [step.next];
    case "await":
      return [step.then, step.timeout];
    case "if":
      return [step.then, step.else];
    case "split":
      return step.arms.map((arm) => arm.next);
    case "exit":
      return [];
  }
}
