import type { JourneyCounts, StepCounts } from "../enrollment/journey-counts.ts";
import { END, type FlowEdge, type FlowNode, START, flowchartOf } from "../journey/flowchart.ts";
import { drawSvg } from "../journey/svg.ts";
import type { Formats } from "./formats.ts";

/** The flowchart of a journey with who is where now and how many took which way. Each step leads to its line further down. */
export function drawJourney(counts: JourneyCounts, formats: Pick<Formats, "number">): string {
  const chart = flowchartOf(counts.journey);
  const steps = new Map(counts.steps.map((step) => [step.id, step]));
  const number = (count: number) => formats.number(count);
  return drawSvg(chart, {
    ofNode: (node) => noteOf(node, counts, steps, number),
    isBusy: ({ id }) => (steps.get(id)?.at ?? 0) > 0,
    ofEdge: (edge) => takenOf(edge, chart.edges, counts, steps, number),
    hrefOf: ({ id }) => (steps.has(id) ? `#step-${encodeURIComponent(id)}` : null),
  });
}

type Steps = ReadonlyMap<string, StepCounts>;
type Write = (count: number) => string;

function noteOf(node: FlowNode, counts: JourneyCounts, steps: Steps, number: Write): string | null {
  if (node.id === START) return `${number(counts.entered)} entered`;
  if (node.id === END) return `${number(counts.completed)} completed`;
  if (node.kind === "exit") return `${number(reached(node.id, steps))} left`;
  const step = steps.get(node.id);
  if (step === undefined) return null;
  const here = step.at > 0 ? [`${number(step.at)} here`] : [];
  const held = step.held > 0 ? [`${number(step.held)} held`] : [];
  return [...here, ...held, `${number(step.passed)} passed`].join(" · ");
}

function reached(id: string, steps: Steps): number {
  return [...steps.values()].reduce((sum, { to }) => sum + (to[id] ?? 0), 0);
}

/** Passages are counted from step to step: two ways to the same step are told together. */
function takenOf(
  edge: FlowEdge,
  edges: readonly FlowEdge[],
  counts: JourneyCounts,
  steps: Steps,
  number: Write,
): string {
  if (edge.from === START) return number(counts.entered);
  const taken = number(steps.get(edge.from)?.to[edge.to === END ? "" : edge.to] ?? 0);
  const ways = edges.filter(({ from, to }) => from === edge.from && to === edge.to);
  return ways.length > 1 ? `${taken} together` : taken;
}
