import type { FlowEdge, FlowNode, Flowchart } from "./flowchart.ts";
import { BESIDE, type Cell, type Link, placeCells, shiftCells } from "./flowchart-place.ts";

/** A node of a drawing, or the label of an edge: how much room it needs, and once it is laid out, where it is. */
export interface Sized {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LaidOut {
  readonly width: number;
  readonly height: number;
  /** Centre of each node, in the order of the chart. */
  readonly nodes: readonly (Point & Sized & { readonly node: FlowNode })[];
  readonly edges: readonly {
    readonly edge: FlowEdge;
    /** The corners of the line, from the node left to the node reached. */
    readonly points: readonly Point[];
    readonly label: Point & Sized;
  }[];
}

const GAP = 22;

/**
 * Nodes in layers, each below all that lead to it. Between two layers of nodes lies one of labels, so that no label meets another;
 * an edge that passes further layers keeps a place of its own in each. An edge back runs beside the layers it goes up, on
 * the side that is nearer.
 */
export function layOut(
  chart: Flowchart,
  sizeOf: (node: FlowNode) => Sized,
  sizeOfLabel: (edge: FlowEdge) => Sized,
): LaidOut {
  const ranks = ranksOf(chart);
  const cells: Cell[] = chart.nodes.map((node) => ({
    rank: ranks.get(node.id) ?? 0,
    ...sizeOf(node),
    x: 0,
  }));
  const indices = new Map(chart.nodes.map(({ id }, index) => [id, index]));
  const links: Link[] = [];
  const endsOf = (edge: FlowEdge) =>
    [indices.get(edge.from) ?? 0, indices.get(edge.to) ?? 0] as const;
  const ways = new Map<FlowEdge, Way>();
  for (const edge of chart.edges)
    if (!edge.isBack) ways.set(edge, wayOf(edge, endsOf(edge), sizeOfLabel(edge), cells, links));
  placeCells(cells, links);
  const length = (edge: FlowEdge) => (ranks.get(edge.from) ?? 0) - (ranks.get(edge.to) ?? 0);
  // The rounds inside another are drawn first, and so nearer.
  for (const edge of chart.edges
    .filter(({ isBack }) => isBack)
    .toSorted((a, b) => length(a) - length(b)))
    ways.set(edge, wayBack(edge, endsOf(edge), sizeOfLabel(edge), cells));
  const width = shiftCells(cells);
  const layers = layersOf(cells);
  const at = (index: number): Point & Sized => {
    const { x, rank, ...size } = cells[index] as Cell;
    return { x, y: layers.middles[rank] ?? 0, width: size.width, height: size.height };
  };
  return {
    width,
    height: layers.height,
    nodes: chart.nodes.map((node, index) => ({ node, ...at(index) })),
    edges: chart.edges
      .flatMap((edge) => ways.get(edge) ?? [])
      .map((way) => ({
        edge: way.edge,
        points: lineOf(way, cells, layers),
        label: at(way.label),
      })),
  };
}

/** The longest way from the start, doubled: labels have the odd ranks. Edges back do not count. */
function ranksOf({ nodes, edges }: Flowchart): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const onward = Map.groupBy(
    edges.filter(({ isBack }) => !isBack),
    ({ from }) => from,
  );
  // The nodes are in an order in which each stands after all that lead to it.
  for (const { id } of nodes)
    for (const { to } of onward.get(id) ?? [])
      ranks.set(to, Math.max(ranks.get(to) ?? 0, (ranks.get(id) ?? 0) + 2));
  return ranks;
}

interface Way {
  readonly edge: FlowEdge;
  readonly from: number;
  readonly to: number;
  readonly through: readonly number[];
  readonly label: number;
}

/** Gives the edge a cell in every layer between its ends. Without a label, the layer above the node it reaches is passed straight down. */
function wayOf(
  edge: FlowEdge,
  [from, to]: readonly [number, number],
  label: Sized,
  cells: Cell[],
  links: Link[],
): Way {
  const [first, last] = [cells[from]?.rank ?? 0, cells[to]?.rank ?? 0];
  const through = ranksBetween(first + 1, last - 1)
    .filter((rank) => rank < last - 1 || label.height > 0)
    .map((rank) => {
      const size = rank === first + 1 ? label : { width: 8, height: 0 };
      return cells.push({ rank, ...size, x: 0 }) - 1;
    });
  const line = [from, ...through, to];
  line.forEach((index, place) => {
    const next = line[place + 1];
    if (next !== undefined) links.push([index, next]);
  });
  const place = through.find((index) => cells[index]?.rank === first + 1);
  return { edge, from, to, through, label: place ?? from };
}

/** Gives an edge back a lane beside all that stands between its ends and beside them, once that has its place. */
function wayBack(
  edge: FlowEdge,
  [from, to]: readonly [number, number],
  label: Sized,
  cells: Cell[],
): Way {
  const [first, last] = [cells[from]?.rank ?? 0, cells[to]?.rank ?? 0];
  const beside = cells.filter(({ rank }) => rank >= last && rank <= first);
  const left = Math.min(...beside.map(({ x, width }) => x - width / 2));
  const right = Math.max(...beside.map(({ x, width }) => x + width / 2));
  const middle = ((cells[from]?.x ?? 0) + (cells[to]?.x ?? 0)) / 2;
  const far = BESIDE + Math.max(8, label.width) / 2;
  const x = middle - left <= right - middle ? left - far : right + far;
  const labelled = first - 1;
  const through = ranksBetween(last, first)
    .toReversed()
    .map(
      (rank) =>
        cells.push({ rank, ...(rank === labelled ? label : { width: 8, height: 0 }), x }) - 1,
    );
  const place = through.find((index) => cells[index]?.rank === labelled);
  return { edge, from, to, through, label: place ?? from };
}

function ranksBetween(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, nth) => first + nth);
}

interface Layers {
  readonly middles: readonly number[];
  /** Below each layer, where lines may run across without meeting anything. */
  readonly channels: readonly number[];
  readonly height: number;
}

function layersOf(cells: readonly Cell[]): Layers {
  // Layers of labels are there, though there may be none in them.
  const last = Math.max(...cells.map(({ rank }) => rank));
  const tallest = Array.from({ length: last + 1 }, () => 0);
  for (const { rank, height } of cells) tallest[rank] = Math.max(tallest[rank] ?? 0, height);
  const channels: number[] = [];
  let y = 0;
  const middles = tallest.map((height, rank) => {
    const middle = y + height / 2;
    const gap = height === 0 ? GAP / 4 : GAP;
    channels[rank] = height === 0 ? (channels[rank - 1] ?? y) : y + height + gap / 2;
    y += height + gap;
    return middle;
  });
  return { middles, channels, height: y - GAP };
}

/** Down and across only, or for an edge back: out below its node, up beside the layers, and in from above. */
function lineOf(
  { edge, from, to, through }: Way,
  cells: readonly Cell[],
  layers: Layers,
): readonly Point[] {
  const at = (index: number) => cells[index] as Cell;
  const y = (index: number) => layers.middles[at(index).rank] ?? 0;
  const leave = { x: at(from).x, y: y(from) + at(from).height / 2 };
  const reach = { x: at(to).x, y: y(to) - at(to).height / 2 };
  const inside = through.map((index) => ({ x: at(index).x, y: y(index), rank: at(index).rank }));
  const stops = edge.isBack
    ? [{ ...leave, rank: at(from).rank + 1 }, ...inside, { ...reach, rank: at(to).rank - 1 }]
    : [{ ...leave, rank: at(from).rank }, ...inside, { ...reach, rank: at(to).rank }];
  return straightened(
    stops.flatMap(({ rank, ...point }, index) => {
      const before = stops[index - 1];
      if (before === undefined) return [point];
      const across = layers.channels[Math.max(before.rank, rank) - 1] ?? 0;
      return [{ x: before.x, y: across }, { x: point.x, y: across }, point];
    }),
  );
}

/** Without the points that lie on the line between their neighbours. */
function straightened(points: readonly Point[]): readonly Point[] {
  return points.filter((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (before === undefined || after === undefined) return true;
    const isStill = before.x === point.x && before.y === point.y;
    const isOnLine = (key: "x" | "y") => before[key] === point[key] && point[key] === after[key];
    return !isStill && !isOnLine("x") && !isOnLine("y");
  });
}
