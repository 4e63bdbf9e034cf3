import { type RawBuilder, type SqlBool, sql } from "kysely";
import { type Duration, interval } from "../duration.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

/** Rows of which the oldest go, and what an index finds them by. */
export interface Forgettable {
  readonly table: keyof Tables;
  readonly key: string;
  readonly at: string;
  /** Which of them go at all, where it is kept since `since` at the earliest. */
  readonly only: (since: RawBuilder<Date>) => RawBuilder<SqlBool>;
}

export interface Forgetting {
  readonly now: Date;
  /** What is older than that goes. */
  readonly keep: Duration;
  /** Rows of one transaction. */
  readonly limit: number;
}

/** Deletes the oldest rows, at most `limit` of them; those that somebody holds are left for the next time. Returns how many. */
export async function forget(
  database: Database,
  { table, key, at, only }: Forgettable,
  { now, keep, limit }: Forgetting,
): Promise<number> {
  const since = sql<Date>`(${now}::timestamptz - ${interval(keep)}::interval)`;
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} where ${sql.ref(key)} in (
      select ${sql.ref(key)} from ${sql.table(table)}
      where ${only(since)} and ${sql.ref(at)} < ${since}
      order by ${sql.ref(at)} limit ${limit} for update skip locked)`.execute(database);
  return Number(numAffectedRows);
}
