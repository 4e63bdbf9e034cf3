import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/** Customers with ids in (after, until]. */
export interface IdRange {
  readonly after: string;
  readonly until: string;
}

const SMALLEST = 1_000;
const LARGEST = 200_000;
const GOAL_MS = 1_000;

/**
 * Goes through all customers in ranges of ids, each to be worked on in a transaction of its own, sized so that one takes
 * about a second: no audience is so big that a transaction becomes long. Returns what was done in each, added up.
 */
export async function inChunks(
  session: Kysely<Tables>,
  work: (range: IdRange) => Promise<number>,
): Promise<number> {
  let size = 20_000;
  let total = 0;
  for (let next = await rangeAfter(session, "0", size); next !== undefined;) {
    const startedAt = performance.now();
    total += await work(next.range);
    size = nextSize(size, performance.now() - startedAt);
    next = next.isLast ? undefined : await rangeAfter(session, next.range.until, size);
  }
  return total;
}

export function nextSize(size: number, tookMs: number): number {
  if (tookMs < GOAL_MS / 2) return Math.min(LARGEST, size * 2);
  if (tookMs > GOAL_MS * 2) return Math.max(SMALLEST, Math.floor(size / 2));
  return size;
}

async function rangeAfter(
  session: Kysely<Tables>,
  after: string,
  size: number,
): Promise<{ readonly range: IdRange; readonly isLast: boolean } | undefined> {
  const { rows } = await sql<{ until: string | null; found: number }>`
    select max(id) as until, count(*)::int as found from (
      select id from customers where id > ${after}::bigint order by id limit ${size}
    ) as next`.execute(session);
  const { until = null, found = 0 } = rows[0] ?? {};
  return until === null ? undefined : { range: { after, until }, isLast: found < size };
}
