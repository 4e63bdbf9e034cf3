import { readFileSync, readdirSync } from "node:fs";
import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";

/** Linux counts in hundredths of a second on every machine Node runs on. */
const tickMs = 10;

/** Processor time the database server has used up to now, in ms; undefined where there is no /proc to read it from. */
export async function databaseCpuMs(database: Database): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  const { rows } = await sql<{
    pid: string;
  }>`select split_part(pg_read_file('postmaster.pid'), E'\n', 1) as pid`.execute(database);
  const pid = Number(rows[0]?.pid);
  const own = statOf(pid);
  if (own === undefined) return undefined;
  let ticks = own.used + own.usedByEnded;
  for (const entry of readdirSync("/proc")) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : undefined;
    if (stat?.parent === pid) ticks += stat.used;
  }
  return ticks * tickMs;
}

/** See proc_pid_stat(5): what follows the name in parentheses, which may hold anything. */
function statOf(pid: number) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent, used: user + system, usedByEnded: endedUser + endedSystem };
  } catch {
    return undefined;
  }
}
