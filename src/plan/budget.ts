import { type RawBuilder, type Transaction, sql } from "kysely";
import { asReader } from "../audience/reader.ts";
import type { Database } from "../database/database.ts";
import { sqlStateOf } from "../database/sql-state.ts";
import type { Tables } from "../database/tables.ts";

/** How a number was come by, from the surest to the roughest. */
export type Found =
  | { readonly by: "count" }
  /** Of a share of the customers, scaled up. */
  | { readonly by: "sample"; readonly share: number }
  /** Of some days only, scaled up. */
  | { readonly by: "days"; readonly days: number }
  /** Of the newest events only; how many there are in all is the planner's estimate. */
  | { readonly by: "newest"; readonly events: number }
  /** The row estimate of Postgres' planner. */
  | { readonly by: "planner" };

const QUERY_CANCELED = "57014";

/**
 * Asks with a time limit; undefined when that was not enough. For "few" customers, each is looked up through the indexes:
 * with less memory for hashes Postgres does not read a whole table first to save itself ten thousand look-ups.
 */
export async function within<T>(
  database: Database,
  limitMs: number,
  ask: (session: Transaction<Tables>) => Promise<T>,
  customers: "many" | "few" = "many",
): Promise<T | undefined> {
  try {
    return await asReader(database, async (session) => {
      await sql`select set_config('statement_timeout', ${String(limitMs)}, true)`.execute(session);
      if (customers === "few")
        await sql`select set_config('work_mem', '256kB', true)`.execute(session);
      return ask(session);
    });
  } catch (error) {
    if (sqlStateOf(error) === QUERY_CANCELED) return undefined;
    throw error;
  }
}

/** How many rows Postgres' planner expects of a query; it is not run. */
export async function plannedRows(database: Database, query: RawBuilder<unknown>): Promise<number> {
  const { rows } = await asReader(database, (session) =>
    sql<{
      "QUERY PLAN": readonly { Plan: { "Plan Rows": number } }[];
    }>`explain (format json) ${query}`.execute(session),
  );
  return rows[0]?.["QUERY PLAN"][0]?.Plan["Plan Rows"] ?? 0;
}

/** `customers customer`, or pages of it that hold about so many percent: the same ones each time. */
export function customersSampled(percent: number): RawBuilder<unknown> {
  return percent >= 100
    ? sql`customers as customer`
    : sql`customers as customer tablesample system (${percent}::float4) repeatable (1)`;
}
