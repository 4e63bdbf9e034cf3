import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Person } from "./person.ts";
import { personal } from "./personal-tables.ts";

/** The rows of a person by table, each as JSON; of what they refer to, the name stands beside the id. */
export type Told = Partial<Record<keyof Tables, readonly unknown[]>>;

/** What of a row says nothing of the person: how workers have it in hand. */
const technical = [
  "claim_id",
  "fence",
  "lease_until",
  "needs",
  "off_course",
  "priority",
  "strikes",
];

/** What ids mean that a reader could make nothing of. */
const meanings: Readonly<Record<string, RawBuilder<unknown>>> = {
  journey_id: sql`'journey', (select name from journeys where id = (t.row ->> 'journey_id')::int)`,
  segment_id: sql`'segment', (select name from segments where id = (t.row ->> 'segment_id')::int)`,
  link_id: sql`'url', (select url from links where id = (t.row ->> 'link_id')::bigint)`,
  product_id: sql`'product', (select name from products where id = (t.row ->> 'product_id')::bigint)`,
  account_id: sql`'account', (select to_jsonb(a) from accounts a where id = (t.row ->> 'account_id')::bigint)`,
};

/** Everything that is known of a person, from the same tables that erasing goes through. */
export async function tellPerson(database: Database, person: Person): Promise<Told> {
  const told: Told = {};
  for (const [table, { rows, told: form }] of personal) {
    const whole = form === undefined ? sql`to_jsonb(t) - ${technical}::text[]` : form(person);
    const found = await sql<{ row: unknown }>`
      select t.row || ${meaning()} as row from (
        select ${whole} as row from ${sql.table(table)} t where ${rows(person)}) t`.execute(
      database,
    );
    if (found.rows.length > 0) told[table] = found.rows.map(({ row }) => row);
  }
  return told;
}

function meaning(): RawBuilder<unknown> {
  const parts = Object.entries(meanings).map(
    ([column, means]) =>
      sql`case when t.row ->> ${column}::text is not null then jsonb_build_object(${means}) else '{}' end`,
  );
  return sql.join(parts, sql` || `);
}
