import type { Mistake } from "../errors.ts";
import { askedConditions } from "./asked-conditions.ts";
import { decidedIn } from "./condition-answer.ts";
import { describeCondition } from "./describe-condition.ts";
import type { JourneyDraft, Project } from "./read-project.ts";

/** Conditions that are answered the same of everybody, and arms of a switch that another takes all customers from. */
export function deadParts(project: Project): readonly Mistake[] {
  const decided = askedConditions(project).flatMap(({ condition, position, of }) =>
    decidedIn(condition)
      // A segment of everybody has its uses.
      .filter(({ holds }) => !holds || of !== "everybody")
      .map(({ part, holds }) => ({
        ...position,
        message: `this ${holds ? "always" : "never"} holds: ${describeCondition(part)}`,
      })),
  );
  return [...decided, ...project.drafts.journeys.flatMap(repeatedArms)];
}

function repeatedArms({ draft, places }: JourneyDraft): readonly Mistake[] {
  return Object.values(draft.steps).flatMap((step) => {
    const position = places.steps.get(step.id);
    if (step.kind !== "switch" || position === undefined) return [];
    const asked = step.arms.map((arm) => JSON.stringify(arm.if));
    return step.arms.flatMap(({ name }, index) => {
      const before = step.arms[asked.indexOf(asked[index] ?? "")];
      if (before === undefined || before.name === name) return [];
      const message = `nobody takes the arm "${name}", since "${before.name}" before it asks the same`;
      return [{ ...position, message }];
    });
  });
}
