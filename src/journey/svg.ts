import type { FlowEdge, FlowNode, Flowchart } from "./flowchart.ts";
import { type LaidOut, type Point, type Sized, layOut } from "./flowchart-layout.ts";
import { LINE_HEIGHT, widthOf, wrapped } from "./text-width.ts";
import { escapeXml } from "./xml.ts";

/** What a drawing says beside the chart itself: how many are at a node, and how many took an edge. */
export interface ChartNotes {
  /** A line under the node's own. */
  readonly ofNode?: (node: FlowNode) => string | null;
  readonly isBusy?: (node: FlowNode) => boolean;
  readonly ofEdge?: (edge: FlowEdge) => string | null;
  /** Makes a node a link to a place on the page. */
  readonly hrefOf?: (node: FlowNode) => string | null;
}

const WIDEST = 216;
const PADDING = 12;
const MARGIN = 14;

interface Drawing {
  readonly chart: Flowchart;
  readonly laidOut: LaidOut;
  readonly notes: ChartNotes;
}

/**
 * The chart as an SVG of its own size, without styles: `flowchart-style.ts` has them for a file, the dashboard's stylesheet for a
 * page. Only presentation by class, since a strict page forbids styles written into it.
 */
export function drawSvg(chart: Flowchart, notes: ChartNotes = {}, style = ""): string {
  const laidOut = layOut(
    chart,
    (node) => sizeOf(node, notes),
    (edge) => sizeOfLabel(labelOf(edge, notes)),
  );
  const drawing = { chart, laidOut, notes };
  const stops = stopsOf(chart);
  const width = Math.max(laidOut.width, stops.width) + 2 * MARGIN;
  const height = Math.ceil(laidOut.height + stops.height + 2 * MARGIN);
  const left = MARGIN + Math.max(0, (stops.width - laidOut.width) / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="${notes.hrefOf === undefined ? "img" : "group"}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${escapeXml(`Flowchart of ${chart.name}`)}</title>
<desc>${escapeXml(inWords(drawing))}</desc>
${style}<rect class="paper" width="${width}" height="${height}"/>
<g transform="translate(${left} ${MARGIN})">
${laidOut.edges.map(drawEdge).join("\n")}
${laidOut.edges.map((one) => drawLabel(labelOf(one.edge, notes), one.label)).join("")}
${laidOut.nodes.map((one) => drawNode(one.node, one, notes)).join("\n")}
</g>
${drawStops(stops, MARGIN, laidOut.height + MARGIN)}</svg>
`;
}

/** For those who hear the drawing instead of seeing it. */
function inWords({ chart, laidOut, notes }: Drawing): string {
  const lineOf = new Map(chart.nodes.map(({ id, line }) => [id, line]));
  const nodes = laidOut.nodes.map(({ node }) => {
    const ways = chart.edges
      .filter(({ from }) => from === node.id)
      .map((edge) => {
        const said = labelOf(edge, notes);
        return `${said === null ? "" : `${said}: `}${lineOf.get(edge.to) ?? edge.to}`;
      });
    const note = notes.ofNode?.(node) ?? null;
    return `${node.line}${note === null ? "" : ` (${note})`}${ways.length === 0 ? "" : `, then ${ways.join("; ")}`}.`;
  });
  return [...nodes, ...chart.stops.map((line) => `Stops at once ${line}.`)].join(" ");
}

function labelOf(edge: FlowEdge, notes: ChartNotes): string | null {
  const said = [edge.label, notes.ofEdge?.(edge) ?? null].filter((part) => part !== null);
  return said.length === 0 ? null : said.join(" · ");
}

function sizeOf(node: FlowNode, notes: ChartNotes): Sized {
  const lines = linesOf(node);
  const note = notes.ofNode?.(node) ?? null;
  const idLine = isStep(node) ? [node.id.slice(0, 34)] : [];
  const widest = Math.max(
    ...[...lines, ...idLine, ...(note === null ? [] : [`${note}  `])].map(widthOf),
  );
  const rows = lines.length + idLine.length + (note === null ? 0 : 1);
  return {
    width: Math.min(WIDEST, Math.ceil(widest)) + 2 * PADDING + 8,
    height: rows * LINE_HEIGHT + 2 * PADDING - 6,
  };
}

function linesOf({ line }: FlowNode): readonly string[] {
  return wrapped(line, WIDEST, 5);
}

function isStep({ kind }: FlowNode): boolean {
  return kind !== "start" && kind !== "end";
}

function sizeOfLabel(label: string | null): Sized {
  if (label === null) return { width: 8, height: 0 };
  return { width: Math.min(WIDEST, Math.ceil(widthOf(label))) + 14, height: 20 };
}

function drawNode(
  node: FlowNode,
  { x, y, width, height }: Point & Sized,
  notes: ChartNotes,
): string {
  const note = notes.ofNode?.(node) ?? null;
  const rows = [
    ...linesOf(node).map((text) => ({ text, of: "line" })),
    ...(isStep(node) ? [{ text: wrapped(node.id, WIDEST, 1)[0] ?? "", of: "id" }] : []),
    ...(note === null ? [] : [{ text: note, of: "count" }]),
  ];
  const [left, top] = [x - width / 2, y - height / 2];
  const radius = isStep(node) && node.kind !== "exit" ? 9 : height / 2;
  const centre = isStep(node) ? x + 3 : x;
  const texts = rows.map(
    ({ text, of }, row) =>
      `<text class="${of}" x="${centre}" y="${top + PADDING + (row + 0.5) * LINE_HEIGHT}">${escapeXml(text)}</text>`,
  );
  const side =
    isStep(node) && node.kind !== "exit"
      ? `<path class="side" d="M${left + 5} ${top + 7}V${top + height - 7}"/>`
      : "";
  const busy = notes.isBusy?.(node) === true ? " busy" : "";
  const drawn = `<g class="node ${node.kind}${busy}"><rect class="box" x="${left}" y="${top}" width="${width}" height="${height}" rx="${radius}"/>${side}${texts.join("")}</g>`;
  const href = notes.hrefOf?.(node) ?? null;
  return href === null ? drawn : `<a href="${escapeXml(href)}">${drawn}</a>`;
}

/** A line with rounded corners and a head. */
function drawEdge({ edge, points }: LaidOut["edges"][number]): string {
  const [first, ...rest] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return "";
  const path = rest.map((point, index) => {
    const after = rest[index + 1];
    return after === undefined
      ? `L${point.x} ${point.y}`
      : corner(points[index] ?? first, point, after);
  });
  const head = `M${last.x - 4} ${last.y - 7}L${last.x} ${last.y}L${last.x + 4} ${last.y - 7}`;
  return `<path class="edge${edge.isBack ? " back" : ""}" d="M${first.x} ${first.y}${path.join("")}"/><path class="head" d="${head}"/>`;
}

function corner(before: Point, at: Point, after: Point): string {
  const near = (other: Point): Point => {
    const distance = Math.abs(other.x - at.x) + Math.abs(other.y - at.y);
    const share = distance === 0 ? 0 : Math.min(7, distance / 2) / distance;
    return { x: at.x + (other.x - at.x) * share, y: at.y + (other.y - at.y) * share };
  };
  const [start, end] = [near(before), near(after)];
  return `L${start.x} ${start.y}Q${at.x} ${at.y} ${end.x} ${end.y}`;
}

function drawLabel(label: string | null, { x, y, width, height }: Point & Sized): string {
  if (label === null) return "";
  const text = wrapped(label, WIDEST, 1)[0] ?? "";
  return `<g class="label"><rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${height / 2}"/><text x="${x}" y="${y}">${escapeXml(text)}</text></g>\n`;
}

interface Stops extends Sized {
  readonly lines: readonly string[];
}

function stopsOf({ stops }: Flowchart): Stops {
  if (stops.length === 0) return { lines: [], width: 0, height: 0 };
  const lines = ["Stops at once", ...stops.flatMap((stop) => wrapped(stop, 300, 3))];
  return {
    lines,
    width: Math.ceil(Math.max(...lines.map(widthOf))) + 2 * PADDING,
    height: lines.length * LINE_HEIGHT + 2 * PADDING + 10,
  };
}

function drawStops({ lines, width, height }: Stops, left: number, top: number): string {
  if (lines.length === 0) return "";
  const texts = lines.map(
    (text, row) =>
      `<text class="${row === 0 ? "id" : "line"}" x="${left + PADDING}" y="${top + 18 + (row + 0.5) * LINE_HEIGHT}">${escapeXml(text)}</text>`,
  );
  return `<g class="stops"><rect class="box" x="${left}" y="${top + 12}" width="${width}" height="${height - 14}" rx="9"/>${texts.join("")}</g>\n`;
}
