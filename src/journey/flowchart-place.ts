/** Something that stands in a layer of a drawing. `x` is its centre. */
export interface Cell {
  readonly rank: number;
  readonly width: number;
  readonly height: number;
  x: number;
}

/** Two cells of neighbouring layers with a line between them, by their indices. */
export type Link = readonly [number, number];

/** Between two that stand beside one another. */
export const BESIDE = 26;
const SWEEPS = 24;

/** Orders the cells of each layer by where their neighbours are, and gives them their `x`. */
export function placeCells(cells: readonly Cell[], links: readonly Link[]): void {
  const layers: number[][] = [];
  cells.forEach(({ rank }, index) => (layers[rank] ??= []).push(index));
  const above = neighbours(cells, links, ([up, down]) => [down, up]);
  const below = neighbours(cells, links, ([up, down]) => [up, down]);
  for (const layer of layers) pack(cells, layer ?? []);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    const inTurn = isDown ? layers : layers.toReversed();
    for (const layer of inTurn)
      settle(cells, layer ?? [], isDown ? above : below, sweep < SWEEPS / 2);
  }
}

function neighbours(
  cells: readonly Cell[],
  links: readonly Link[],
  read: (link: Link) => readonly [number, number],
): readonly (readonly number[])[] {
  const found: number[][] = cells.map(() => []);
  for (const link of links) {
    const [of, other] = read(link);
    found[of]?.push(other);
  }
  return found;
}

function pack(cells: readonly Cell[], layer: readonly number[]): void {
  let x = 0;
  for (const index of layer) {
    const cell = cells[index] as Cell;
    cell.x = x + cell.width / 2;
    x += cell.width + BESIDE;
  }
}

/** Moves a layer's cells to the means of their neighbours, as near as their widths allow; with `mayReorder` in that order. */
function settle(
  cells: readonly Cell[],
  layer: number[],
  towards: readonly (readonly number[])[],
  mayReorder: boolean,
): void {
  const wanted = new Map(layer.map((index) => [index, meanOf(cells, index, towards[index] ?? [])]));
  const want = (index: number) => wanted.get(index) ?? 0;
  if (mayReorder) layer.sort((a, b) => want(a) - want(b));
  const offsets: number[] = [];
  let offset = 0;
  layer.forEach((index, place) => {
    const before = cells[layer[place - 1] ?? -1];
    const cell = cells[index] as Cell;
    offset += before === undefined ? 0 : before.width / 2 + BESIDE + cell.width / 2;
    offsets.push(offset);
  });
  const placed = nondecreasing(layer.map((index, place) => want(index) - (offsets[place] ?? 0)));
  layer.forEach((index, place) => {
    (cells[index] as Cell).x = (placed[place] ?? 0) + (offsets[place] ?? 0);
  });
}

function meanOf(cells: readonly Cell[], index: number, others: readonly number[]): number {
  if (others.length === 0) return cells[index]?.x ?? 0;
  return others.reduce((sum, other) => sum + (cells[other]?.x ?? 0), 0) / others.length;
}

/** The numbers nearest to those wanted that never fall, by pooling neighbours that would (isotonic regression). */
function nondecreasing(wanted: readonly number[]): readonly number[] {
  const pools: { sum: number; count: number }[] = [];
  for (const value of wanted) {
    pools.push({ sum: value, count: 1 });
    for (let last = pools.at(-1), before = pools.at(-2); last && before;) {
      if (before.sum / before.count <= last.sum / last.count) break;
      before.sum += last.sum;
      before.count += last.count;
      pools.pop();
      [last, before] = [pools.at(-1), pools.at(-2)];
    }
  }
  return pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
}

/** Moves all so that the leftmost begins at 0. Returns the width of it all. */
export function shiftCells(cells: readonly Cell[]): number {
  const left = Math.min(...cells.map(({ x, width }) => x - width / 2));
  for (const cell of cells) cell.x = Math.round(cell.x - left);
  return Math.ceil(Math.max(...cells.map(({ x, width }) => x + width / 2)));
}
