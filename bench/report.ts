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

/** The rows as a table to read, and below it what each ceiling was and what else is to be said. */
export function table(rows: readonly Noted[]): string {
  const cells = [[...columns], ...rows.map(cellsOf)];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, at) =>
        at < 2 || at === 8 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
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
