import type { Database } from "../src/database/database.ts";
import { databaseCpuMs } from "./database-cpu.ts";

export interface Timed<T> {
  readonly result: T;
  readonly seconds: number;
  /** Of this process. */
  readonly cpuMs: number;
  readonly databaseCpuMs: number | undefined;
}

/** Runs some work in this process and says what it took of both processors. */
export async function timed<T>(database: Database, work: () => Promise<T>): Promise<Timed<T>> {
  const databaseBefore = await databaseCpuMs(database);
  const before = process.cpuUsage();
  const from = performance.now();
  const result = await work();
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(before);
  const databaseAfter = await databaseCpuMs(database);
  return {
    result,
    seconds,
    cpuMs: (user + system) / 1000,
    databaseCpuMs: difference(databaseBefore, databaseAfter),
  };
}

export function difference(before: number | undefined, after: number | undefined) {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** Figures of a whole set, for one of it. Left out where they are not known. */
export function each(
  count: number,
  took: { readonly cpuMs: number; readonly databaseCpuMs: number | undefined },
): { cpuMs: number; databaseCpuMs?: number } {
  const cpuMs = took.cpuMs / count;
  if (took.databaseCpuMs === undefined) return { cpuMs };
  return { cpuMs, databaseCpuMs: took.databaseCpuMs / count };
}
