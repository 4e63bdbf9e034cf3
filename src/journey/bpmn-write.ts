import { type BpmnFlow, type BpmnNode, type BpmnProcess, MODEL, WAYPOST } from "./bpmn.ts";
import { drawDiagram } from "./bpmn-diagram.ts";
import { processOf } from "./bpmn-process.ts";
import type { Journey } from "./journey.ts";
import { escapeText, escapeXml } from "./xml.ts";

/** A journey as a BPMN 2.0 file with its diagram, which modellers open and `bpmn-read.ts` reads back without loss. */
export function writeBpmn(journey: Journey): string {
  const process = processOf(journey);
  const messages = new Map<string, string>();
  const body = [
    ...process.nodes.map((node) => writeNode(node, process.flows, messages)),
    ...process.stops.map((stop, index) => writeStop(stop, index, messages)),
    ...process.flows.map((flow) => writeFlow(flow, process)),
  ];
  const signals = process.nodes.some(({ trigger }) => trigger?.kind === "signal")
    ? [`  <bpmn:signal id="Signal_request" name="request"/>`]
    : [];
  return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="${MODEL}" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:waypost="${WAYPOST}" id="Definitions" targetNamespace="${WAYPOST}" exporter="Waypost">
${[...messages].map(([name, id]) => `  <bpmn:message id="${id}" name="${escapeXml(name)}"/>`).join("\n")}
${signals.join("\n")}
  <bpmn:process id="Process" name="${escapeXml(process.name)}" isExecutable="false">
${process.describe === null ? "" : `    <bpmn:documentation>${escapeText(process.describe)}</bpmn:documentation>\n`}${body.join("\n")}
  </bpmn:process>
${drawDiagram(process)}
</bpmn:definitions>
`.replaceAll(/\n{2,}/g, "\n");
}

function writeNode(
  { id, element, name, trigger, carries, isPart }: BpmnNode,
  flows: readonly BpmnFlow[],
  messages: Map<string, string>,
): string {
  const attributes = [
    ...(isPart ? [`waypost:part="true"`] : []),
    ...(element === "exclusiveGateway" ? directionOf(id, flows) : []),
  ];
  const extension =
    carries === null
      ? ""
      : `<bpmn:extensionElements><waypost:${element === "startEvent" ? "journey" : "step"}>${escapeText(JSON.stringify(carries))}</waypost:${element === "startEvent" ? "journey" : "step"}></bpmn:extensionElements>`;
  const incoming = flows
    .filter(({ to }) => to === id)
    .map((flow) => `<bpmn:incoming>${flow.id}</bpmn:incoming>`);
  const outgoing = flows
    .filter(({ from }) => from === id)
    .map((flow) => `<bpmn:outgoing>${flow.id}</bpmn:outgoing>`);
  const inside = [extension, ...incoming, ...outgoing, definitionOf(id, trigger, messages)].join(
    "",
  );
  return `    <bpmn:${element} id="${id}" name="${escapeXml(name)}"${attributes.map((one) => ` ${one}`).join("")}>${inside}</bpmn:${element}>`;
}

/** A gateway that both joins and parts is mixed; most only part. */
function directionOf(id: string, flows: readonly BpmnFlow[]): readonly string[] {
  const [into, out] = [
    flows.filter(({ to }) => to === id),
    flows.filter(({ from }) => from === id),
  ];
  if (out.length < 2) return [];
  return [`gatewayDirection="${into.length > 1 ? "Mixed" : "Diverging"}"`];
}

function definitionOf(
  id: string,
  trigger: BpmnNode["trigger"],
  messages: Map<string, string>,
): string {
  if (trigger === null) return "";
  const { kind, detail } = trigger;
  const own = `id="${id}_event"`;
  switch (kind) {
    case "message": {
      const message = messages.get(detail) ?? `Message_${messages.size + 1}`;
      messages.set(detail, message);
      return `<bpmn:messageEventDefinition ${own} messageRef="${message}"/>`;
    }
    case "timer": {
      const element = /^P[\dMDTS]+$/.test(detail)
        ? "timeDuration"
        : /^[\d*]\S* \S+ \S+ \S+ \S+/.test(detail)
          ? "timeCycle"
          : "timeDate";
      return `<bpmn:timerEventDefinition ${own}>${expression(element, detail)}</bpmn:timerEventDefinition>`;
    }
    case "signal":
      return `<bpmn:signalEventDefinition ${own} signalRef="Signal_${detail}"/>`;
    default:
      return `<bpmn:conditionalEventDefinition ${own}>${expression("condition", detail)}</bpmn:conditionalEventDefinition>`;
  }
}

function expression(element: string, text: string): string {
  return `<bpmn:${element} xsi:type="bpmn:tFormalExpression">${escapeText(text)}</bpmn:${element}>`;
}

function writeFlow({ id, from, to, name, way }: BpmnFlow, { nodes }: BpmnProcess): string {
  const isConditional =
    way !== null && nodes.some((node) => node.id === from && node.element === "exclusiveGateway");
  const attributes = [
    ...(name === null ? [] : [`name="${escapeXml(name)}"`]),
    `sourceRef="${from}"`,
    `targetRef="${to}"`,
    ...(way === null ? [] : [`waypost:way="${escapeXml(way)}"`]),
  ].join(" ");
  const condition = isConditional ? expression("conditionExpression", way) : "";
  return `    <bpmn:sequenceFlow id="${id}" ${attributes}>${condition}</bpmn:sequenceFlow>`;
}

/** An event sub-process that interrupts the rest. */
function writeStop(
  { name, trigger }: BpmnProcess["stops"][number],
  index: number,
  messages: Map<string, string>,
): string {
  const id = `Stop_${index + 1}`;
  const definition = definitionOf(`${id}_start`, { kind: trigger, detail: name }, messages);
  return `    <bpmn:subProcess id="${id}" name="${escapeXml(`stops ${name}`)}" triggeredByEvent="true"><bpmn:startEvent id="${id}_start" name="${escapeXml(name)}" isInterrupting="true"><bpmn:outgoing>${id}_flow</bpmn:outgoing>${definition}</bpmn:startEvent><bpmn:endEvent id="${id}_end"><bpmn:incoming>${id}_flow</bpmn:incoming></bpmn:endEvent><bpmn:sequenceFlow id="${id}_flow" sourceRef="${id}_start" targetRef="${id}_end"/></bpmn:subProcess>`;
}
