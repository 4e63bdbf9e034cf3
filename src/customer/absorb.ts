import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";

export interface Absorbing {
  readonly from: string;
  readonly into: string;
}

const filled = sql.raw(
  [
    "email",
    "phone",
    "first_name",
    "last_name",
    "locale",
    "zone",
    "country",
    "city",
    "postcode",
    "birthday",
    "account_id",
  ]
    .map((column) => `${column} = coalesce(b.${column}, a.${column})`)
    .join(", "),
);

/**
 * Makes one customer of two. What the first did (events, orders, messages, consents, identities) becomes the second's;
 * the second's own fields win. Of two passages through one journey on the same grounds the second's goes on, and the
 * first's is ended as "merged". The first is deleted unless the ledger still needs it; then its addresses are taken off, and
 * it says whom it was merged into: a click in one of its messages is that customer's.
 */
export async function absorb(
  database: Database,
  pairs: readonly Absorbing[],
  now: Date,
): Promise<void> {
  if (pairs.length === 0) return;
  const p = sql`jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) AS p ("from" bigint, "into" bigint)`;
  await sql`
    UPDATE customers b SET ${filled}, attributes = a.attributes || b.attributes, updated_at = ${now}::timestamptz
    FROM ${p} JOIN customers a ON a.id = p."from" WHERE b.id = p."into"`.execute(database);
  for (const table of ["events", "pending_events", "dead_events", "orders", "identities"])
    await move(database, table, p);
  await sql`
    UPDATE enrollments e SET customer_id = p."into" FROM ${p} WHERE e.customer_id = p."from"
      AND NOT EXISTS (SELECT FROM enrollments o WHERE o.customer_id = p."into" AND (o.journey_id, o.entry_key) = (e.journey_id, e.entry_key))
      AND e.id = (SELECT min(f.id) FROM enrollments f JOIN ${sql`jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) AS q ("from" bigint, "into" bigint)`} ON q."from" = f.customer_id
        WHERE q."into" = p."into" AND (f.journey_id, f.entry_key) = (e.journey_id, e.entry_key))`.execute(
    database,
  );
  await sql`UPDATE messages m SET customer_id = e.customer_id FROM ${p}, enrollments e WHERE m.customer_id = p."from" AND e.id = m.enrollment_id AND e.customer_id = p."into"`.execute(
    database,
  );
  await leaveBehind(database, p, now);
  await sql`
    INSERT INTO consents (customer_id, channel, topic, state, method, source, text_version, ip, actor, occurred_at, expires_at)
    SELECT p."into", channel, topic, state, method, source, text_version, ip, actor, occurred_at, expires_at
    FROM ${p} JOIN consents c ON c.customer_id = p."from" ORDER BY c.id`.execute(database);
  await sql`UPDATE customers c SET merged_into = p."into" FROM ${p} WHERE c.merged_into = p."from"`.execute(
    database,
  );
  await sql`
    DELETE FROM customers c USING ${p} WHERE c.id = p."from" AND NOT EXISTS (SELECT FROM enrollments e WHERE e.customer_id = c.id)
      AND NOT EXISTS (SELECT FROM messages m WHERE m.customer_id = c.id)`.execute(database);
  await sql`UPDATE customers c SET email = NULL, phone = NULL, merged_into = p."into", updated_at = ${now}::timestamptz FROM ${p} WHERE c.id = p."from"`.execute(
    database,
  );
}

/** The passages that stay with the first customer are over, and what they would still send is not sent. */
async function leaveBehind(
  database: Database,
  pairs: RawBuilder<unknown>,
  now: Date,
): Promise<void> {
  await sql`
    UPDATE enrollments e SET state = 'exited', reason = 'merged', due_at = NULL, awaiting = NULL, moved_at = ${now}::timestamptz, finished_at = ${now}::timestamptz
    FROM ${pairs} WHERE e.customer_id = p."from" AND e.state NOT IN ('completed', 'exited')`.execute(
    database,
  );
  await sql`
    UPDATE messages m SET state = 'suppressed', reason = 'merged', fallback = NULL
    FROM ${pairs} WHERE m.customer_id = p."from" AND m.needs = 'delivery'`.execute(database);
}

async function move(database: Database, table: string, pairs: RawBuilder<unknown>): Promise<void> {
  await sql`UPDATE ${sql.table(table)} t SET customer_id = p."into" FROM ${pairs} WHERE t.customer_id = p."from"`.execute(
    database,
  );
}
