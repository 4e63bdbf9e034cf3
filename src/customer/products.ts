import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Merged, Relation } from "./people.ts";

const columns = ["name", "category", "price", "currency", "url"];
const columnList = sql.raw(columns.join(", "));
const lastOf = (column: string): string =>
  `(array_agg(${column} ORDER BY n DESC) FILTER (WHERE ${column} IS NOT NULL))[1] AS ${column}`;
const lastColumns = sql.raw(columns.map(lastOf).join(", "));
const kept = sql.raw(
  columns.map((column) => `${column} = coalesce(excluded.${column}, p.${column})`).join(", "),
);
const after = sql.raw(
  columns.map((column) => `coalesce(excluded.${column}, p.${column})`).join(", "),
);
const before = sql.raw(columns.map((column) => `p.${column}`).join(", "));

/** Writes rows (n, external_id, name, category, price, currency, url, attributes) into `products`: later rows win, nulls never erase, equals are not touched. */
export async function mergeProducts(
  database: Database,
  rows: Relation,
  now: Date,
): Promise<Merged> {
  const result = await sql<{ inserted: string; updated: string }>`
    WITH given AS MATERIALIZED (${rows}),
    merged_attributes AS (
      SELECT external_id, jsonb_object_agg(key, value ORDER BY n) AS attributes FROM given, jsonb_each(attributes) GROUP BY external_id
    ),
    folded AS (SELECT external_id, ${lastColumns} FROM given WHERE external_id IS NOT NULL GROUP BY external_id),
    written AS (
      INSERT INTO products AS p (external_id, ${columnList}, attributes, created_at, updated_at)
      SELECT external_id, ${columnList}, coalesce(a.attributes, '{}'), ${now}::timestamptz, ${now}::timestamptz
      FROM folded LEFT JOIN merged_attributes a USING (external_id) ORDER BY external_id
      ON CONFLICT (external_id) DO UPDATE SET ${kept}, attributes = p.attributes || excluded.attributes, updated_at = excluded.updated_at
        WHERE (${after}) IS DISTINCT FROM (${before}) OR p.attributes || excluded.attributes <> p.attributes
      RETURNING xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE is_new) AS inserted, count(*) FILTER (WHERE NOT is_new) AS updated FROM written`.execute(
    database,
  );
  const [row] = result.rows;
  return { inserted: Number(row?.inserted ?? 0), updated: Number(row?.updated ?? 0) };
}
