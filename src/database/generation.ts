import { type Kysely, sql } from "kysely";
import { type Tables, newestMigration } from "./tables.ts";

/** Whether the tables are those that this code was written for: neither has a newer release migrated them, nor an older dump been put back. */
export async function isOfThisRelease(database: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`
    select name from migrations order by name desc limit 1`.execute(database);
  return rows[0]?.name === newestMigration;
}
