import { describeStart, describeStop } from "./describe-journey.ts";
import { describeStep } from "./describe-step.ts";
import type { Journey, Step, StepId } from "./journey.ts";
import { edgesOf, stepsInOrder } from "./step.ts";

/**
 * A journey as nodes and edges, for whoever draws it: Mermaid, SVG, BPMN. The start and the end are nodes beside the steps;
 * what ends a passage wherever it is has no place among them and stands apart.
 */
export interface Flowchart {
  readonly name: string;
  readonly describe: string | null;
  /** The start, the steps as a reader of the file meets them, the end. */
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  /** One line for each thing that ends a passage at once. */
  readonly stops: readonly string[];
}

export interface FlowNode {
  /** The step's id. Ids of start and end begin with ":", which no step's does. */
  readonly id: string;
  readonly kind: Step["kind"] | "start" | "end";
  readonly line: string;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  /** `then`, an arm…; null where there is only one way. */
  readonly label: string | null;
  /** From the last step of a round back to its repeat. */
  readonly isBack: boolean;
}

export const START = ":start";
export const END = ":end";

export function flowchartOf(journey: Journey): Flowchart {
  const steps = stepsInOrder(journey);
  const edges = [{ from: START, to: journey.first, label: null, isBack: false }, ...edgesIn(steps)];
  const isEndReached = edges.some(({ to }) => to === END);
  return {
    name: journey.name,
    describe: journey.describe,
    nodes: [
      { id: START, kind: "start", line: describeStart(journey.start) },
      ...steps.map((step) => ({ id: step.id, kind: step.kind, line: describeStep(step) })),
      ...(isEndReached ? [{ id: END, kind: "end" as const, line: "completed" }] : []),
    ],
    edges,
    stops: journey.stop.map(describeStop),
  };
}

/** An edge that leads to a step before its own, or to itself, closes a round. */
function edgesIn(steps: readonly Step[]): readonly FlowEdge[] {
  const place = new Map<StepId, number>(steps.map(({ id }, index) => [id, index]));
  return steps.flatMap((step, index) =>
    edgesOf(step).map(({ to, label }) => ({
      from: step.id,
      to: to ?? END,
      label,
      isBack: to !== null && (place.get(to) ?? Infinity) <= index,
    })),
  );
}
