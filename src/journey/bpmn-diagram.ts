import type { BpmnFlow, BpmnNode, BpmnProcess } from "./bpmn.ts";
import { type Point, type Sized, layOut } from "./flowchart-layout.ts";

const EVENT = { width: 36, height: 36 };
const GATEWAY = { width: 50, height: 50 };
const TASK = { width: 160, height: 80 };
/** Modellers write the names of events and gateways beside them. */
const NAME_WIDTH = 150;
const MARGIN = 40;
const STOP = { width: 220, height: 110 };

/** Shapes and edges, so that modellers need not lay out the process themselves. */
export function drawDiagram(process: BpmnProcess): string {
  const { nodes, edges, height } = layOut(
    {
      name: process.name,
      describe: null,
      stops: [],
      nodes: process.nodes.map(({ id, name }) => ({ id, kind: "send" as const, line: name })),
      edges: process.flows.map(({ from, to, name, isBack }) => ({ from, to, label: name, isBack })),
    },
    ({ id }) => roomOf(process.nodes.find((node) => node.id === id)),
    ({ label }) => (label === null ? { width: 8, height: 0 } : { width: 60, height: 20 }),
  );
  const shapes = nodes.map(({ x, y }, index) => shapeOf(process.nodes[index], { x, y }));
  const lines = edges.map(({ points, label }, index) =>
    edgeOf(process.flows[index], points, label),
  );
  const stops = process.stops.map((_, index) => stopOf(index, height + MARGIN));
  return `  <bpmndi:BPMNDiagram id="Diagram"><bpmndi:BPMNPlane id="Plane" bpmnElement="Process">
${[...shapes, ...stops, ...lines].join("\n")}
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>`;
}

function sizeOf(node: BpmnNode | undefined): Sized {
  if (node?.element.endsWith("Event") === true) return EVENT;
  return node?.element.endsWith("Gateway") === true ? GATEWAY : TASK;
}

function roomOf(node: BpmnNode | undefined): Sized {
  const { width, height } = sizeOf(node);
  const isNamed = node !== undefined && node.name !== "" && width < TASK.width;
  return { width: isNamed ? width + 2 * NAME_WIDTH : width, height };
}

function shapeOf(node: BpmnNode | undefined, centre: Point): string {
  if (node === undefined) return "";
  const { width, height } = sizeOf(node);
  const [x, y] = [centre.x - width / 2 + MARGIN, centre.y - height / 2 + MARGIN];
  const label =
    width < TASK.width && node.name !== ""
      ? `<bpmndi:BPMNLabel>${bounds({ x: x + width + 6, y, width: NAME_WIDTH - 12, height })}</bpmndi:BPMNLabel>`
      : "";
  const marker = node.element === "exclusiveGateway" ? ` isMarkerVisible="true"` : "";
  return `    <bpmndi:BPMNShape id="${node.id}_di" bpmnElement="${node.id}"${marker}>${bounds({ x, y, width, height })}${label}</bpmndi:BPMNShape>`;
}

function bounds({ x, y, width, height }: Point & Sized): string {
  return `<dc:Bounds x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}

function edgeOf(
  flow: BpmnFlow | undefined,
  points: readonly Point[],
  label: Point & Sized,
): string {
  if (flow === undefined) return "";
  const waypoints = points.map(({ x, y }) => `<di:waypoint x="${x + MARGIN}" y="${y + MARGIN}"/>`);
  const { width, height } = label;
  const corner = {
    x: label.x - width / 2 + MARGIN,
    y: label.y - height / 2 + MARGIN,
    width,
    height,
  };
  const named = flow.name === null ? "" : `<bpmndi:BPMNLabel>${bounds(corner)}</bpmndi:BPMNLabel>`;
  return `    <bpmndi:BPMNEdge id="${flow.id}_di" bpmnElement="${flow.id}">${waypoints.join("")}${named}</bpmndi:BPMNEdge>`;
}

/** Event sub-processes stand in a row below everything. */
function stopOf(index: number, below: number): string {
  const id = `Stop_${index + 1}`;
  const [x, y] = [MARGIN + index * (STOP.width + MARGIN), below + MARGIN];
  const middle = y + 37;
  return `    <bpmndi:BPMNShape id="${id}_di" bpmnElement="${id}" isExpanded="true">${bounds({ x, y, ...STOP })}</bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="${id}_start_di" bpmnElement="${id}_start">${bounds({ x: x + 30, y: middle, ...EVENT })}</bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="${id}_end_di" bpmnElement="${id}_end">${bounds({ x: x + 150, y: middle, ...EVENT })}</bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="${id}_flow_di" bpmnElement="${id}_flow"><di:waypoint x="${x + 66}" y="${middle + 18}"/><di:waypoint x="${x + 150}" y="${middle + 18}"/></bpmndi:BPMNEdge>`;
}
