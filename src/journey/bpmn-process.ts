import { roughSeconds, type Duration } from "../duration.ts";
import type { BpmnFlow, BpmnNode, BpmnProcess } from "./bpmn.ts";
import { describeStart, describeStop } from "./describe-journey.ts";
import { describeStep } from "./describe-step.ts";
import type { Journey, Start, Step } from "./journey.ts";
import { type Edge, edgesOf, stepsInOrder } from "./step.ts";
import { writeHead } from "./write-journey.ts";
import { writeStep } from "./write-step.ts";

const START = "Start";
const END = "End";

/** A journey as a BPMN process. */
export function processOf(journey: Journey): BpmnProcess {
  const steps = stepsInOrder(journey);
  const numbers = new Map(steps.map(({ id }, index) => [id, index]));
  const nameOf = (id: string | null) => (id === null ? END : idOf(id, numbers.get(id) ?? 0));
  const drawn = steps.map((step, index) => drawStep(step, index, nameOf, numbers));
  const isEndReached = steps.some((step) => edgesOf(step).some(({ to }) => to === null));
  const start = flow(START, nameOf(journey.first), null);
  return {
    name: journey.name,
    describe: journey.describe,
    nodes: [
      {
        ...plain(START, "startEvent", describeStart(journey.start)),
        trigger: triggerOf(journey.start),
        carries: writeHead(journey),
      },
      ...drawn.flatMap(({ nodes }) => nodes),
      ...(isEndReached ? [plain(END, "endEvent", "completed")] : []),
    ],
    flows: [start, ...drawn.flatMap(({ flows }) => flows)],
    stops: journey.stop.map((stop) => ({
      name: describeStop(stop),
      trigger: stop.kind === "event" ? ("message" as const) : ("conditional" as const),
    })),
  };
}

/** An id that XML takes, and that a person recognizes. */
function idOf(step: string, number: number): string {
  return `Step_${number + 1}_${step.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, 60)}`;
}

function plain(id: string, element: string, name: string): BpmnNode {
  return { id, element, name, trigger: null, carries: null, isPart: false };
}

function flow(from: string, to: string, way: string | null, isBack = false): BpmnFlow {
  return {
    id: `Flow_${from}_${way === null ? "" : `${way.replaceAll(/[^A-Za-z0-9_-]+/g, "_")}_`}${to}`,
    from,
    to,
    name: way,
    way,
    isBack,
  };
}

interface Drawn {
  readonly nodes: readonly BpmnNode[];
  readonly flows: readonly BpmnFlow[];
}

function drawStep(
  step: Step,
  index: number,
  nameOf: (id: string | null) => string,
  numbers: ReadonlyMap<string, number>,
): Drawn {
  const id = nameOf(step.id);
  const itself: BpmnNode = {
    ...plain(id, elementOf(step), describeStep(step)),
    ...eventOf(step),
    carries: writeStep(step),
  };
  const edges = edgesOf(step);
  const isBack = ({ to }: Edge) => to !== null && (numbers.get(to) ?? Infinity) <= index;
  const outOf = (from: string) =>
    edges.map((edge) => flow(from, nameOf(edge.to), edge.label, isBack(edge)));
  if (step.kind === "await") return awaiting(step, itself, edges, nameOf, isBack);
  const isActivity = step.kind === "call" || step.kind === "task" || step.kind === "voucher";
  if (edges.length < 2 || !isActivity) return { nodes: [itself], flows: outOf(id) };
  const gateway: BpmnNode = { ...plain(`${id}_ways`, "exclusiveGateway", ""), isPart: true };
  return { nodes: [itself, gateway], flows: [flow(id, gateway.id, null), ...outOf(gateway.id)] };
}

/** An event-based gateway, with the event and the time-out behind it. */
function awaiting(
  step: Extract<Step, { kind: "await" }>,
  itself: BpmnNode,
  edges: readonly Edge[],
  nameOf: (id: string | null) => string,
  isBack: (edge: Edge) => boolean,
): Drawn {
  const parts = edges.map((edge): BpmnNode => {
    const isEvent = edge.label === "then";
    return {
      ...plain(
        `${itself.id}_${edge.label}`,
        "intermediateCatchEvent",
        isEvent ? step.event : "time is up",
      ),
      trigger: isEvent
        ? { kind: "message", detail: step.event }
        : { kind: "timer", detail: isoOf(step.within) },
      isPart: true,
    };
  });
  const flows = edges.flatMap((edge, index) => {
    const part = parts[index]?.id ?? "";
    return [
      { ...flow(itself.id, part, edge.label), name: null },
      flow(part, nameOf(edge.to), null, isBack(edge)),
    ];
  });
  return { nodes: [itself, ...parts], flows };
}

function elementOf({ kind }: Step): string {
  switch (kind) {
    case "send":
      return "sendTask";
    case "wait":
      return "intermediateCatchEvent";
    case "await":
      return "eventBasedGateway";
    case "if":
    case "switch":
    case "split":
    case "repeat":
      return "exclusiveGateway";
    case "set":
    case "voucher":
    case "call":
      return "serviceTask";
    case "task":
      return "userTask";
    case "enter":
      return "callActivity";
    case "exit":
      return "endEvent";
  }
}

function eventOf(step: Step): Pick<BpmnNode, "trigger"> {
  if (step.kind !== "wait") return { trigger: null };
  const detail = step.wait.kind === "for" ? isoOf(step.wait.duration) : describeStep(step);
  return { trigger: { kind: "timer", detail } };
}

function triggerOf(start: Start): BpmnNode["trigger"] {
  switch (start.kind) {
    case "event":
      return { kind: "message", detail: start.event };
    case "segment":
      return { kind: "conditional", detail: describeStart(start) };
    case "every":
      return { kind: "timer", detail: start.cron };
    case "date":
      return { kind: "timer", detail: describeStart(start) };
    case "request":
      return { kind: "signal", detail: "request" };
  }
}

/** ISO 8601, as BPMN wants a duration: P1M3DT90S. */
function isoOf(duration: Duration): string {
  const { months, days, seconds } = duration;
  const date = `${months > 0 ? `${months}M` : ""}${days > 0 ? `${days}D` : ""}`;
  const time = seconds > 0 ? `T${seconds}S` : "";
  return roughSeconds(duration) === 0 ? "PT0S" : `P${date}${time}`;
}
