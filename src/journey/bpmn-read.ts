import { MODEL, WAYPOST } from "./bpmn.ts";
import type { XmlElement } from "./xml-tree.ts";

/** A node of somebody's process, with what leads out of it. */
export interface ReadNode {
  readonly id: string;
  readonly element: string;
  readonly name: string;
  readonly line: number;
  /** `message`, `timer`… and what it says: the message's name, a duration. */
  readonly trigger: { readonly kind: string; readonly detail: string } | null;
  /** What we wrote into it ourselves. */
  readonly carries: Readonly<Record<string, unknown>> | null;
  readonly isPart: boolean;
  readonly out: readonly ReadFlow[];
  /** Where to go when no condition holds: the flow's id. */
  readonly usual: string | null;
  /** Its documentation, in which people write what a task is about. */
  readonly documentation: string;
  /** The process a call activity calls. */
  readonly calls: string | null;
}

export interface ReadFlow {
  readonly id: string;
  readonly to: string;
  readonly name: string | null;
  readonly way: string | null;
}

export interface ReadProcess {
  readonly name: string;
  readonly documentation: string;
  readonly nodes: ReadonlyMap<string, ReadNode>;
  /** What is drawn and not taken over, as a person says it. */
  readonly passedOver: readonly string[];
}

const notNodes: ReadonlySet<string> = new Set([
  "sequenceFlow",
  "documentation",
  "extensionElements",
  "incoming",
  "outgoing",
  "laneSet",
  "ioSpecification",
  "textAnnotation",
  "association",
  "dataObject",
  "dataObjectReference",
  "dataStoreReference",
  "group",
]);

/** The first process that has a start, without its diagram; undefined when the file has none. */
export function readProcess(definitions: XmlElement): ReadProcess | undefined {
  const processes = definitions.children.filter((child) => is(child, "process"));
  const process = processes.find((one) => one.children.some((child) => is(child, "startEvent")));
  if (process === undefined) return undefined;
  const named = new Map(
    definitions.children.flatMap((child) => {
      const [id, name] = [child.attributes.get("id"), child.attributes.get("name")];
      return id === undefined || name === undefined ? [] : [[id, name] as const];
    }),
  );
  const flows = process.children.filter((child) => is(child, "sequenceFlow"));
  const nodes = process.children
    .filter((child) => child.space === MODEL && !notNodes.has(child.name) && !isStop(child))
    .map((child) => nodeOf(child, flows, named));
  return {
    name: process.attributes.get("name") ?? process.attributes.get("id") ?? "process",
    documentation: documentationOf(process),
    nodes: new Map(nodes.map((node) => [node.id, node])),
    passedOver: [
      ...processes
        .filter((one) => one !== process)
        .map((one) => `process "${nameOf(one)}": only one process becomes a journey`),
      ...stopsOf(process),
    ],
  };
}

function is({ name, space }: XmlElement, wanted: string): boolean {
  return space === MODEL && name === wanted;
}

function isStop(child: XmlElement): boolean {
  return child.name === "subProcess" && child.attributes.get("triggeredByEvent") === "true";
}

/** Our own event sub-processes say again what the head has. */
function stopsOf(process: XmlElement): readonly string[] {
  const hasHead = process.children.some(
    (child) => is(child, "startEvent") && carriedBy(child) !== null,
  );
  if (hasHead) return [];
  return process.children
    .filter(isStop)
    .map((stop) => `stop: "${nameOf(stop)}" ends a passage at once; write it under "stop:"`);
}

function nameOf(element: XmlElement): string {
  return element.attributes.get("name") ?? element.attributes.get("id") ?? element.name;
}

function nodeOf(
  element: XmlElement,
  flows: readonly XmlElement[],
  named: ReadonlyMap<string, string>,
): ReadNode {
  const id = element.attributes.get("id") ?? "";
  return {
    id,
    element: element.name,
    name: element.attributes.get("name")?.trim() ?? "",
    line: element.line,
    trigger: triggerOf(element, named),
    carries: carriedBy(element),
    isPart: element.attributes.get("part") === "true",
    out: flows.filter((flow) => flow.attributes.get("sourceRef") === id).map(flowOf),
    usual: element.attributes.get("default") ?? null,
    documentation: documentationOf(element),
    calls: element.attributes.get("calledElement") ?? null,
  };
}

function flowOf(flow: XmlElement): ReadFlow {
  const { attributes } = flow;
  const name = attributes.get("name")?.trim() ?? "";
  return {
    id: attributes.get("id") ?? "",
    to: attributes.get("targetRef") ?? "",
    name: name === "" ? null : name,
    way: attributes.get("way") ?? null,
  };
}

function documentationOf(element: XmlElement): string {
  return element.children.find((child) => is(child, "documentation"))?.text.trim() ?? "";
}

function triggerOf(element: XmlElement, named: ReadonlyMap<string, string>): ReadNode["trigger"] {
  const definition = element.children.find(({ name }) => name.endsWith("EventDefinition"));
  if (definition === undefined) return null;
  const kind = definition.name.replace(/EventDefinition$/, "");
  const reference = definition.attributes.get(`${kind}Ref`) ?? "";
  const detail =
    named.get(reference) ?? definition.children.map(({ text }) => text.trim()).join(" ");
  return { kind, detail: detail.trim() };
}

/** What an extension element of ours holds; null where there is none, or nobody can read it. */
function carriedBy(element: XmlElement): ReadNode["carries"] {
  const extensions = element.children.find((child) => is(child, "extensionElements"));
  const ours = extensions?.children.find(({ space }) => space === WAYPOST);
  if (ours === undefined) return null;
  try {
    const value: unknown = JSON.parse(ours.text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
