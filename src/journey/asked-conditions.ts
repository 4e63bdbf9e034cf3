import type { Condition } from "./condition.ts";
import type { Step } from "./journey.ts";
import type { JourneyFile, Project } from "./read-project.ts";
import type { Position } from "./reference.ts";
import { whole } from "./workflow-files.ts";

/** A condition of a project, where it stands, and whom it is asked of. */
export interface AskedCondition {
  readonly condition: Condition;
  readonly position: Position;
  readonly of: "everybody" | "entrants" | "insiders";
  readonly journey?: string;
}

/** Every condition that the database will have to answer. */
export function askedConditions({ journeys, segments }: Project): readonly AskedCondition[] {
  return [
    ...segments.map(({ condition, position }): AskedCondition => ({
      condition,
      position,
      of: "everybody",
    })),
    ...journeys.flatMap(conditionsOf),
  ];
}

function conditionsOf({ journey, file, places }: JourneyFile): readonly AskedCondition[] {
  const { name, start, stop, steps } = journey;
  const { message: _, ...somewhere } = whole(file, "");
  const isEntered = start.kind === "event" || start.kind === "request";
  const at = (condition: Condition, position: Position | null | undefined) => ({
    condition,
    position: position ?? somewhere,
    journey: name,
  });
  return [
    ...(start.if === null
      ? []
      : [{ ...at(start.if, places.startIf), of: isEntered ? "entrants" : "everybody" } as const]),
    ...stop.flatMap((each, index) =>
      each.kind === "condition"
        ? [{ ...at(each.if, places.stops[index]), of: "insiders" } as const]
        : [],
    ),
    ...Object.values(steps).flatMap((step) =>
      conditionsIn(step).map(
        (condition) => ({ ...at(condition, places.steps.get(step.id)), of: "insiders" }) as const,
      ),
    ),
  ];
}

function conditionsIn(step: Step): readonly Condition[] {
  if (step.kind === "if") return [step.if];
  if (step.kind === "switch") return step.arms.map((arm) => arm.if);
  return step.kind === "repeat" && step.until !== null ? [step.until] : [];
}
