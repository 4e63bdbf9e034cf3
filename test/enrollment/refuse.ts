import { sql } from "kysely";
import type { Database } from "../../src/database/database.ts";

/** A rule of the shop's own that refuses enrollments, in the table where the engine writes them. */
export async function refuseRows(
  database: Database,
  when: string,
  raised = "numeric_value_out_of_range",
): Promise<void> {
  await sql
    .raw(
      `create or replace function refuse() returns trigger language plpgsql as $$
       begin
         if ${when} then raise exception 'customer "%" of ada@example.com is refused', new.customer_id using errcode = '${raised}'; end if;
         return new;
       end $$;
       create or replace trigger refuse before insert or update on enrollments for each row execute function refuse();`,
    )
    .execute(database);
}

export async function refuseNothing(database: Database): Promise<void> {
  await sql`drop trigger if exists refuse on enrollments`.execute(database);
}
