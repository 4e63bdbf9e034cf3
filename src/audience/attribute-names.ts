import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** How many of the newest are looked at for what attributes are called. */
const NEWEST = 20_000;

/**
 * What the attributes of customers or accounts are called: of the newest, and those of `asked` that anybody has. To look for
 * one that nobody has takes reading the table, so ask for few.
 */
export async function attributeNames(
  database: Database,
  owner: "customer" | "account",
  asked: readonly string[],
): Promise<readonly string[]> {
  const table = sql.table(`${owner}s`);
  const { rows } = await sql<{ name: string }>`
    with newest as materialized (
      select distinct name
      from (select attributes from ${table} order by id desc limit ${NEWEST}) as one, jsonb_object_keys(one.attributes) as name)
    select name from newest
    union
    select name from unnest(${asked}::text[]) as name
    where name not in (select name from newest) and exists (select from ${table} one where one.attributes ? name)`.execute(
    database,
  );
  return rows.map(({ name }) => name);
}
