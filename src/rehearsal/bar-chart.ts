/** Text in HTML and SVG: names come from files and from the database. */
export function escaped(text: string | number): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return String(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** One bar of a column chart: its parts stand on one another, in the order of the series. */
export interface Column {
  readonly label: string;
  readonly parts: readonly number[];
}

const width = 720;
const height = 240;
const left = 44;
const bottom = 24;

/** Columns over time as an SVG, with a title for each part that a pointer or a screen reader finds. */
export function columnChart(series: readonly string[], columns: readonly Column[]): string {
  const highest = Math.max(1, ...columns.map(({ parts }) => sum(parts)));
  const top = niceTop(highest);
  const [roomX, roomY] = [width - left - 8, height - bottom - 12];
  const step = roomX / Math.max(1, columns.length);
  const y = (value: number) => height - bottom - (value / top) * roomY;
  const bars = columns.map(({ label, parts }, nth) => {
    let below = 0;
    return parts.map((value, of) => {
      if (value === 0) return "";
      const from = below;
      below += value;
      const x = left + nth * step + step * 0.1;
      return `<rect class="s${of}" x="${x.toFixed(1)}" y="${y(below).toFixed(1)}" width="${Math.max(1, step * 0.8).toFixed(1)}" height="${(y(from) - y(below)).toFixed(1)}"><title>${escaped(`${label}: ${value} ${series[of] ?? ""}`)}</title></rect>`;
    });
  });
  const lines = [0, top / 2, top].map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${width - 8}" y1="${y(value)}" y2="${y(value)}"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const every = Math.max(1, Math.ceil(columns.length / 8));
  const labels = columns.map(({ label }, nth) =>
    nth % every === 0
      ? `<text x="${(left + nth * step).toFixed(1)}" y="${height - 6}">${escaped(label)}</text>`
      : "",
  );
  const keys = series.map(
    (name, of) => `<span class="key"><i class="s${of}"></i>${escaped(name)}</span>`,
  );
  return `<div class="chart"><svg viewBox="0 0 ${width} ${height}" role="img">${lines.join("")}${bars.flat().join("")}${labels.join("")}</svg></div><p class="keys">${keys.join(" ")}</p>`;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly note?: string;
}

/** Bars that lie, each with its name above it: they fit a phone however long the names are. */
export function barList(bars: readonly Bar[]): string {
  const highest = Math.max(1, ...bars.map(({ value }) => value));
  const rows = bars.map(
    ({ label, value, note }) =>
      `<li><span>${escaped(label)}</span><b>${value.toLocaleString("en")}</b><div><i style="width:${((100 * value) / highest).toFixed(1)}%"></i></div>${note === undefined ? "" : `<small>${escaped(note)}</small>`}</li>`,
  );
  return `<ul class="bars">${rows.join("")}</ul>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** 1, 2 or 5 times a power of ten, and even, so that its half is a whole number. */
function niceTop(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(highest));
  const top = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= highest) ?? highest;
  return Math.max(2, top);
}
