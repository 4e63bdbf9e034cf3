import { availableParallelism, cpus, totalmem } from "node:os";
import { styleText } from "node:util";
import type { Noted } from "./row.ts";

const columns = [
  "work",
  "queues",
  "figure",
  "ceiling",
  "ratio",
  "CPU ms",
  "db CPU ms",
  "peak MB",
  "must reach",
  "load",
] as const;

/** The rows as a table to read. */
export function table(rows: readonly Noted[]): string {
  return aligned([[...columns], ...rows.map(cellsOf)], [0, 1, 8]);
}

/** How the cost of each work grows with the customers: figure, processor time for one of them, ours and the database's, and memory. */
export function growthTable(rows: readonly Noted[]): string {
  const sizes = [...new Set(rows.map(({ customers }) => customers))];
  const works = Map.groupBy(rows, ({ work, queues }) => `${work}|${queues ?? ""}`);
  const head = ["work", "queues", ...sizes.map((size) => `${figure(size)} customers`)];
  const body = [...works].map(([key, found]) => [
    ...key.split("|"),
    ...sizes.map((size) => growthCell(found.find(({ customers }) => customers === size))),
  ]);
  return aligned([head, ...body], [0, 1]);
}

function growthCell(row: Noted | undefined): string {
  if (row === undefined) return "";
  const { value, unit, cpuMs, databaseCpuMs, peakMb } = row;
  const used = [cpuMs, databaseCpuMs].map((ms) => (ms === undefined ? "?" : ms.toFixed(3)));
  const memory = peakMb === undefined ? "" : `, ${peakMb.toFixed(0)} MB`;
  const time = cpuMs === undefined ? "" : `, ${used.join(" + ")} ms`;
  return `${figure(value)} ${unit}${time}${memory}`;
}

/** The first line is the head; columns of words begin, columns of figures end in line. */
function aligned(cells: readonly (readonly string[])[], words: readonly number[]): string {
  const widths = cells[0]?.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, at) =>
        words.includes(at) ? cell.padEnd(widths?.[at] ?? 0) : cell.padStart(widths?.[at] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  const [head = "", ...body] = lines;
  return [styleText("bold", head), ...body].join("\n");
}

function cellsOf(row: Noted): string[] {
  return [
    row.work,
    row.queues ?? "",
    `${figure(row.value)} ${row.unit}`,
    row.ceiling === undefined ? "" : figure(row.ceiling.value),
    row.ratio === null ? "" : `${Math.round(row.ratio * 100)}%`,
    row.cpuMs === undefined ? "" : row.cpuMs.toFixed(3),
    row.databaseCpuMs === undefined ? "" : row.databaseCpuMs.toFixed(3),
    row.peakMb === undefined ? "" : row.peakMb.toFixed(0),
    row.target ?? "",
    row.load.toFixed(1),
  ];
}

export function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-GB");
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

/** What was measured as it is measured: one line and what belongs to it. */
export function lineOf(row: Noted): string {
  const where =
    row.queues === null ? "" : ` (queues in ${row.queues === "redis" ? "Redis" : "Postgres"})`;
  const against =
    row.ceiling === undefined || row.ratio === null
      ? ""
      : `, ${Math.round(row.ratio * 100)}% of ${row.ceiling.of} (${figure(row.ceiling.value)})`;
  const note = row.note === undefined ? "" : ` · ${row.note}`;
  const faults = (row.faults ?? []).map((fault) => `\n  ${styleText("red", "✗")} ${fault}`);
  return `${row.work}${where}: ${figure(row.value)} ${row.unit}${against}${note}${faults.join("")}`;
}

export function machine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryMb: Math.round(totalmem() / 1_048_576),
    node: process.version,
    at: new Date().toISOString(),
  };
}
