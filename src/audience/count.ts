import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Condition } from "../journey/condition.ts";
import { conditionSql } from "./condition-sql.ts";
import { asReader } from "./reader.ts";

/** How many customers the condition holds of at `now`. */
export async function countAudience(
  database: Database,
  condition: Condition,
  now: Date,
): Promise<number> {
  const query = sql<{ size: string }>`select count(*) as size ${audience(condition, now)}`;
  const { rows } = await asReader(database, (transaction) => query.execute(transaction));
  return Number(rows[0]?.size ?? 0);
}

/** Ids of the first customers the condition holds of, to look at. */
export async function sampleAudience(
  database: Database,
  condition: Condition,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly string[]> {
  const query = sql<{
    id: string;
  }>`select customer.id ${audience(condition, now)} order by customer.id limit ${limit}`;
  const { rows } = await asReader(database, (transaction) => query.execute(transaction));
  return rows.map(({ id }) => id);
}

function audience(condition: Condition, now: Date): RawBuilder<unknown> {
  return sql`from customers customer where ${conditionSql(condition, { now, sql: true })}`;
}
