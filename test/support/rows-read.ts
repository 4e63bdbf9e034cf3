import { sql } from "kysely";
import type { Database } from "../../src/database/database.ts";

/** How many rows of a table Postgres looks at to answer a question, by whatever way. */
export async function rowsRead(
  database: Database,
  table: string,
  ask: (database: Database) => Promise<unknown>,
): Promise<number> {
  return database.transaction().execute(async (transaction) => {
    const read = async () => {
      const { rows } = await sql<{ read: number }>`
        select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::float8 as read
        from pg_stat_xact_user_tables where relid = to_regclass(${table})`.execute(transaction);
      return rows[0]?.read ?? 0;
    };
    const before = await read();
    await ask(transaction);
    return (await read()) - before;
  });
}
