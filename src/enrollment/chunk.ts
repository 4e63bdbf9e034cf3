import { type Kysely, type Transaction, sql } from "kysely";
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
 * Goes through all customers in ranges of ids, a transaction each, sized so that one takes about a second: no audience is
 * so big that a transaction becomes long. Returns what the transactions returned, added up.
 */
export async function inChunks(
  session: Kysely<Tables>,
  work: (transaction: Transaction<Tables>, range: IdRange) => Promise<number>,
): Promise<number> {
  let size = 20_000;
  let total = 0;
  for (let range = await rangeAfter(session, "0", size); range !== undefined;) {
    const startedAt = performance.now();
    total += await session
      .transaction()
      .execute((transaction) => work(transaction, range as IdRange));
    size = nextSize(size, performance.now() - startedAt);
    range = await rangeAfter(session, range.until, size);
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
): Promise<IdRange | undefined> {
  const { rows } = await sql<{ until: string | null }>`
    select max(id) as until from (
      select id from customers where id > ${after}::bigint order by id limit ${size}
    ) as next`.execute(session);
  const until = rows[0]?.until ?? null;
  return until === null ? undefined : { after, until };
}
