import type { Condition } from "./condition.ts";
import type { DraftStep } from "./draft.ts";
import type { JourneyDraft, Project } from "./read-project.ts";
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
export function askedConditions({ drafts }: Project): readonly AskedCondition[] {
  return [
    ...drafts.segments.flatMap(({ condition, position }): readonly AskedCondition[] =>
      condition === undefined ? [] : [{ condition, position, of: "everybody" }],
    ),
    ...drafts.journeys.flatMap(conditionsOf),
  ];
}

function conditionsOf({ draft, file, places }: JourneyDraft): readonly AskedCondition[] {
  const { name, start, stop, steps, objective } = draft;
  const { message: _, ...somewhere } = whole(file, "");
  const isEntered = start?.kind === "event" || start?.kind === "request";
  const at = (condition: Condition, position: Position | null | undefined) => ({
    condition,
    position: position ?? somewhere,
    ...(name !== undefined && { journey: name }),
  });
  const goal = objective?.goal;
  return [
    ...(goal === undefined || typeof goal === "string"
      ? []
      : [{ ...at(goal, places.goal), of: "insiders" } as const]),
    ...(!start?.if
      ? []
      : [{ ...at(start.if, places.startIf), of: isEntered ? "entrants" : "everybody" } as const]),
    ...stop.flatMap((each, index) =>
      each?.kind === "condition"
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

function conditionsIn(step: DraftStep): readonly Condition[] {
  if (step.kind === "if") return [step.if];
  if (step.kind === "switch") return step.arms.map((arm) => arm.if);
  return step.kind === "repeat" && step.until !== null ? [step.until] : [];
}
