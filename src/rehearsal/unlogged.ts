import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/**
 * Takes the tables of a schema out of the write-ahead log. Keys to other tables are given up with it: they would have to
 * be taken off and put back around the change, and here rows are copied from where they held.
 */
export async function makeUnlogged(database: Database, schema: string): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { rows: keys } = await sql<{ name: string; of: string }>`
      select conname as name, relname as of from pg_constraint join pg_class on pg_class.oid = conrelid
      where contype = 'f' and conparentid = 0 and connamespace = ${schema}::regnamespace`.execute(
      transaction,
    );
    for (const { name, of } of keys)
      await sql`alter table ${sql.id(schema, of)} drop constraint ${sql.id(name)}`.execute(
        transaction,
      );
    const { rows: tables } = await sql<{ name: string }>`
      select relname as name from pg_class
      where relnamespace = ${schema}::regnamespace and relkind = 'r' and relpersistence = 'p'`.execute(
      transaction,
    );
    for (const { name } of tables)
      await sql`alter table ${sql.id(schema, name)} set unlogged`.execute(transaction);
  });
}
