import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/** Up to this size a table is counted; of a larger one it is estimated how many rows it has. */
const countedBytes = 32 * 1024 * 1024;

/** How many rows a table has: counted, or about. */
export interface TableRows {
  readonly rows: number;
  readonly isEstimated: boolean;
}

interface Kept {
  readonly bytes: number;
  /** Of the pages that were looked at by the last VACUUM or ANALYZE; null where there was none yet. */
  readonly rowsPerByte: number | null;
  /** In partitions that none has looked at. */
  readonly unseenBytes: number;
}

type Table = "customers" | "orders" | "events" | "enrollments" | "messages";

/** Pages of a large table that an estimate reads. */
const sampledPages = 4000;

/**
 * As many rows as its pages hold by the last VACUUM or ANALYZE: a look at the catalogue, however large the table. One that is small,
 * or that neither has seen for the most part, is counted.
 */
export async function rowsOf(
  database: Database,
  table: Table,
  { exact = false } = {},
): Promise<TableRows> {
  const kept = exact ? undefined : await keptOf(database, table);
  if (kept === undefined || !isKnown(kept))
    return { rows: await count(database, table), isEstimated: false };
  return { rows: Math.round(kept.bytes * kept.rowsPerByte), isEstimated: true };
}

function isKnown(kept: Kept): kept is Kept & { readonly rowsPerByte: number } {
  return (
    kept.bytes > countedBytes && kept.rowsPerByte !== null && kept.unseenBytes < kept.bytes / 2
  );
}

async function keptOf(database: Database, table: Table): Promise<Kept | undefined> {
  const { rows } = await sql<Kept>`
    select coalesce(sum(bytes), 0)::float8 as bytes, coalesce(sum(bytes) filter (where relpages = 0), 0)::float8 as "unseenBytes",
      (sum(reltuples) filter (where relpages > 0) / sum(relpages::float8 * current_setting('block_size')::int) filter (where relpages > 0)) as "rowsPerByte"
    from (select reltuples::float8, relpages, pg_relation_size(oid) as bytes
      from pg_class where relkind = 'r' and (oid = to_regclass(${table})
        or oid in (select inhrelid from pg_inherits where inhparent = to_regclass(${table})))) as leaves`.execute(
    database,
  );
  return rows[0];
}

async function count(database: Database, table: Table): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from ${sql.table(table)}`.execute(database);
  return rows[0]?.count ?? 0;
}

/** `table` as a sample: some pages, which lie all over it. */
export async function sampleOf(
  database: Database,
  table: "enrollments" | "messages",
): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ pages: number }>`
    select pg_relation_size(to_regclass(${table})) / current_setting('block_size')::int as pages`.execute(
    database,
  );
  const percent = Math.min(100, (100 * sampledPages) / Math.max(1, Number(rows[0]?.pages)));
  return sql`${sql.table(table)} tablesample system (${percent}::float4)`;
}
