import { type FlowNode, type Flowchart } from "./flowchart.ts";

/** What a change does to a step, to be seen in the drawing. */
export type StepChange = "added" | "changed" | "removed";

export interface MermaidMarks {
  readonly changes?: ReadonlyMap<string, StepChange>;
  /** Steps that are no longer in the chart; drawn beside it. */
  readonly removed?: readonly Pick<FlowNode, "id" | "line">[];
}

/**
 * The chart as Mermaid, which GitHub and others draw inside Markdown. Nodes are numbered, so that no step's id can be taken for
 * syntax, and every text is quoted and escaped.
 */
export function writeMermaid(chart: Flowchart, marks: MermaidMarks = {}): string {
  const numbers = new Map(chart.nodes.map(({ id }, index) => [id, `n${index}`]));
  const at = (id: string) => numbers.get(id) ?? "n0";
  const removed = marks.removed ?? [];
  return [
    "flowchart TD",
    ...chart.nodes.map((node) => `  ${at(node.id)}${boxOf(node)}${classOf(node, marks)}`),
    ...chart.edges.map(({ from, to, label, isBack }) => {
      const arrow = isBack ? "-.->" : "-->";
      return `  ${at(from)} ${arrow}${label === null ? "" : `|${quoted(label)}|`} ${at(to)}`;
    }),
    ...chart.stops.map((line, index) => `  stop${index}>${quoted(`stops ${line}`)}]:::stop`),
    ...removed.map(({ line }, index) => `  gone${index}[${quoted(line)}]:::removed`),
    ...styles(marks).map((style) => `  ${style}`),
    "",
  ].join("\n");
}

function boxOf({ kind, line }: FlowNode): string {
  const text = quoted(line);
  switch (kind) {
    case "start":
    case "end":
    case "exit":
      return `([${text}])`;
    case "if":
    case "switch":
    case "split":
    case "repeat":
      return `{{${text}}}`;
    case "wait":
    case "await":
      return `(${text})`;
    case "call":
    case "enter":
      return `[[${text}]]`;
    case "task":
      return `[/${text}/]`;
    default:
      return `[${text}]`;
  }
}

function classOf({ id, kind }: FlowNode, { changes }: MermaidMarks): string {
  const change = changes?.get(id);
  if (change !== undefined) return `:::${change}`;
  return kind === "start" || kind === "end" ? ":::edge" : "";
}

function styles({ changes, removed }: MermaidMarks): readonly string[] {
  const always = [
    "classDef edge fill:#0b5f5a,stroke:#0b5f5a,color:#ffffff",
    "classDef stop fill:none,stroke:#8a9a96,stroke-dasharray:4 3",
  ];
  if (changes === undefined && removed === undefined) return always;
  return [
    ...always,
    "classDef added fill:#dcf3e6,stroke:#1f8a5b,stroke-width:2px,color:#0f3d26",
    "classDef changed fill:#fdf0d3,stroke:#b7791f,stroke-width:2px,color:#5b3a06",
    "classDef removed fill:#fbe3e1,stroke:#b3372e,stroke-dasharray:4 3,color:#6d1a14",
  ];
}

/** What Mermaid would read as its own: the end of a text, entities, Markdown, HTML, directives. */
const special = /["#$&<>`\\|]|%(?=%)|(?<=%)%|(?<=\b(?:style|classDef).*):/g;

/** Mermaid writes characters as `#34;`, by their number. */
function quoted(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").toWellFormed();
  return `"${line.replaceAll(special, (found) => `#${found.codePointAt(0)};`)}"`;
}
