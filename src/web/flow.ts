import type { StepCounts } from "../enrollment/journey-counts.ts";
import { describeStep } from "../journey/describe-step.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { type Edge, edgesOf, stepsInOrder } from "../journey/step.ts";
import type { Engagement } from "../tracking/engagement.ts";
import { type Share, shareOut } from "./share.ts";

/** A step as the flow shows it, with its branches inside it and the steps after it following in the list. */
export interface FlowStep {
  readonly id: StepId;
  readonly kind: Step["kind"];
  readonly line: string;
  readonly counts: Omit<StepCounts, "messages">;
  /** Messages of a send step by state, as parts of a line. */
  readonly messages: readonly Share[];
  readonly engagement: readonly Engagement[];
  readonly branches: readonly FlowBranch[];
}

export interface FlowBranch {
  readonly label: string;
  /** How many took it, where that is known of this branch alone. */
  readonly taken: number | null;
  readonly ends: boolean;
  readonly steps: readonly FlowStep[];
}

interface Drawing {
  readonly journey: Journey;
  readonly counts: ReadonlyMap<StepId, StepCounts>;
  readonly engagement: readonly Engagement[];
  readonly place: ReadonlyMap<StepId, number>;
  readonly drawn: Set<StepId>;
}

/** The journey as nested lists: branches meet again where the first step comes that several of them lead to. */
export function drawFlow(
  journey: Journey,
  counts: readonly StepCounts[],
  engagement: readonly Engagement[],
): readonly FlowStep[] {
  const drawing = {
    journey,
    counts: new Map(counts.map((one) => [one.id, one])),
    engagement,
    place: new Map(stepsInOrder(journey).map(({ id }, index) => [id, index])),
    drawn: new Set<StepId>(),
  };
  return drawFrom(drawing, journey.first, null);
}

function drawFrom(drawing: Drawing, from: StepId | null, until: StepId | null): FlowStep[] {
  const steps: FlowStep[] = [];
  let next = from;
  while (next !== null && next !== until && !drawing.drawn.has(next)) {
    const step = drawing.journey.steps[next];
    if (step === undefined) break;
    drawing.drawn.add(step.id);
    const edges = edgesOf(step);
    const meeting = edges.length > 1 ? meetingOf(drawing, step, edges) : (edges[0]?.to ?? null);
    steps.push(drawStep(drawing, step, edges, meeting ?? until));
    next = meeting ?? null;
  }
  return steps;
}

function drawStep(
  drawing: Drawing,
  step: Step,
  edges: readonly Edge[],
  meeting: StepId | null,
): FlowStep {
  const { messages, ...counts } = drawing.counts.get(step.id) ?? nobody(step);
  const branches = edges.length < 2 ? [] : edges.map((edge) => drawBranch(drawing, edge, edges));
  return {
    id: step.id,
    kind: step.kind,
    line: describeStep(step),
    counts,
    messages: shareOut(messages),
    engagement: drawing.engagement.filter((one) => one.step === step.id),
    branches: branches.map((draw) => draw(counts, meeting)),
  };
}

function drawBranch(drawing: Drawing, { to, label }: Edge, edges: readonly Edge[]) {
  return (counts: Pick<StepCounts, "to">, meeting: StepId | null): FlowBranch => {
    const isAlone = edges.filter((edge) => edge.to === to).length === 1;
    return {
      label: label ?? "",
      taken: isAlone ? (counts.to[to ?? ""] ?? 0) : null,
      ends: to === null,
      steps: to === meeting ? [] : drawFrom(drawing, to, meeting),
    };
  };
}

function nobody({ id, kind }: Step): StepCounts {
  return { id, kind, at: 0, held: 0, estimated: [], passed: 0, to: {}, messages: {} };
}

/** The first step that at least two of the ways lead to; undefined when they never meet. After a repeat it is what comes when it is done. */
function meetingOf(drawing: Drawing, step: Step, edges: readonly Edge[]): StepId | undefined {
  if (step.kind === "repeat") return step.next ?? undefined;
  const times = new Map<StepId, number>();
  for (const { to } of edges)
    for (const id of reachable(drawing, to)) times.set(id, (times.get(id) ?? 0) + 1);
  const shared = [...times].filter(([, count]) => count > 1).map(([id]) => id);
  return shared.toSorted((a, b) => (drawing.place.get(a) ?? 0) - (drawing.place.get(b) ?? 0))[0];
}

/** Without going round again. */
function reachable({ journey, place }: Drawing, from: StepId | null): ReadonlySet<StepId> {
  const seen = new Set<StepId>();
  const open = from === null ? [] : [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const step = journey.steps[id];
    if (step === undefined || seen.has(id)) continue;
    seen.add(id);
    const onward = edgesOf(step).filter(
      ({ to }) => (place.get(to ?? "") ?? 0) > (place.get(id) ?? 0),
    );
    open.push(...onward.flatMap(({ to }) => to ?? []));
  }
  return seen;
}
