import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** The name of every event that ever came, found by leaping through the index from one name to the next. */
export async function eventNames(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    with recursive names as (
      (select name from events order by name limit 1)
      union all
      select (select events.name from events where events.name > names.name order by events.name limit 1)
      from names where names.name is not null)
    select name from names where name is not null`.execute(database);
  return rows.map(({ name }) => name);
}
