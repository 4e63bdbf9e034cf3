import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { NewRow } from "../database/tables.ts";
import { readEmail } from "./email-address.ts";
import type { Relation } from "./people.ts";

/**
 * Appends lines to the proof of what customers allowed or took back, and returns how many were new. A line that is
 * there already, to the instant, is not written twice. "*" is every channel, every topic.
 */
export async function recordConsents(
  database: Database,
  consents: readonly NewRow<"consents">[],
): Promise<number> {
  if (consents.length === 0) return 0;
  return appendConsents(
    database,
    sql`SELECT * FROM jsonb_to_recordset(${JSON.stringify(consents)}::jsonb) AS r (customer_id bigint, channel text, topic text, state text,
      method text, source text, text_version text, ip inet, actor text, occurred_at timestamptz, expires_at timestamptz)`,
  );
}

/**
 * What a customer says to us now, on a page of ours, by a text or to a provider: it counts from here on, also where a
 * clock that was ahead has dated an older line later than `now`. One who was merged into another says it as that one.
 */
export async function recordStatements(
  database: Database,
  consents: readonly NewRow<"consents">[],
  now: Date,
): Promise<number> {
  if (consents.length === 0) return 0;
  return appendConsents(
    database,
    sql`SELECT person.id AS customer_id, channel, topic, state, method, source, text_version, ip, actor,
        greatest(least(occurred_at, ${now}), ahead.latest + interval '1 microsecond') AS occurred_at, expires_at
      FROM jsonb_to_recordset(${JSON.stringify(consents)}::jsonb) AS r (customer_id bigint, channel text, topic text, state text,
        method text, source text, text_version text, ip inet, actor text, occurred_at timestamptz, expires_at timestamptz)
      CROSS JOIN LATERAL (SELECT coalesce(merged_into, id) AS id FROM customers WHERE id = r.customer_id) AS person
      CROSS JOIN LATERAL (SELECT max(c.occurred_at) AS latest FROM current_consents c
        WHERE c.customer_id = person.id AND c.occurred_at >= ${now} AND c.state <> r.state) AS ahead`,
  );
}

/**
 * What is said without a date, such as a shop's `subscriptions` at each login. It takes back what was granted, but a
 * grant does not take the place of a withdrawal (`isWithdrawn`), nor is one written that stands already.
 */
export async function recordUndated(
  database: Database,
  consents: readonly NewRow<"consents">[],
): Promise<void> {
  const withdrawn = consents.filter(({ state }) => state === "withdrawn");
  const granted = consents.filter(({ state }) => state !== "withdrawn");
  await recordConsents(database, withdrawn);
  if (granted.length === 0) return;
  await appendConsents(
    database,
    sql`SELECT * FROM jsonb_to_recordset(${JSON.stringify(granted)}::jsonb) AS g (customer_id bigint, channel text, topic text, state text,
        method text, source text, text_version text, ip inet, actor text, occurred_at timestamptz, expires_at timestamptz)
      WHERE NOT EXISTS (SELECT FROM current_consents c WHERE c.customer_id = g.customer_id AND (${isWithdrawn}
        OR (c.channel = g.channel AND c.topic = g.topic AND c.state = g.state AND c.expires_at IS NULL)))`,
  );
}

/** Whether the current line `c` is a withdrawal that the grant `g` would be against, wholly or in part. */
export const isWithdrawn: RawBuilder<boolean> = sql<boolean>`(g.state = 'granted' AND c.state = 'withdrawn'
  AND (c.channel = g.channel OR '*' IN (c.channel, g.channel)) AND (c.topic = g.topic OR '*' IN (c.topic, g.topic)))`;

/** The same for a relation with the columns of `consents` but the id. */
export async function appendConsents(database: Database, consents: Relation): Promise<number> {
  const result = await sql`
    INSERT INTO consents (customer_id, channel, topic, state, method, source, text_version, ip, actor, occurred_at, expires_at)
    SELECT DISTINCT customer_id, channel, topic, state, method, source, text_version, ip, actor, occurred_at, expires_at FROM (${consents}) g
    WHERE NOT EXISTS (
      SELECT FROM consents c WHERE c.customer_id = g.customer_id
        AND (c.channel, c.topic, c.state, c.method, c.occurred_at) = (g.channel, g.topic, g.state, g.method, g.occurred_at)
    )
    ORDER BY customer_id, channel, topic, occurred_at`.execute(database);
  return Number(result.numAffectedRows ?? 0);
}

/**
 * Addresses that are not to be used from now on. The first reason an address was given stays, unless it is that its holder
 * left: that one ends when they come back, and then a bounce must still be known. Returns how many are new.
 */
export async function suppress(
  database: Database,
  suppressions: readonly NewRow<"suppressions">[],
): Promise<number> {
  if (suppressions.length === 0) return 0;
  const rows = suppressions.map((row) => ({
    ...row,
    address: sameAddress(row.channel, row.address),
  }));
  const { rows: written } = await sql<{ isNew: boolean }>`
    INSERT INTO suppressions (channel, address, reason, detail, created_at)
    SELECT DISTINCT ON (channel, address) channel, address, reason, detail, created_at
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (channel text, address text, reason text, detail text, created_at timestamptz)
    ORDER BY channel, address, reason = 'unsubscribed', CASE WHEN reason = 'unsubscribed' THEN created_at END DESC, created_at
    ON CONFLICT (channel, address) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
      WHERE suppressions.reason = 'unsubscribed' AND (excluded.reason <> 'unsubscribed' OR excluded.created_at > suppressions.created_at)
    RETURNING xmax = 0 AS "isNew"`.execute(database);
  return written.filter(({ isNew }) => isNew).length;
}

/** Lifts suppressions, by an operator or a customer who opts in again. Returns how many there were. */
export async function unsuppress(
  database: Database,
  addresses: readonly { readonly channel: string; readonly address: string }[],
): Promise<number> {
  const rows = addresses.map(({ channel, address }) => ({
    channel,
    address: sameAddress(channel, address),
  }));
  const result = await sql`
    DELETE FROM suppressions s USING jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (channel text, address text)
    WHERE s.channel = r.channel AND s.address = r.address`.execute(database);
  return Number(result.numAffectedRows ?? 0);
}

/** Providers report addresses in their own spelling; what cannot be read is kept as it came. */
function sameAddress(channel: string, address: string): string {
  return channel === "email" ? (readEmail(address) ?? address.trim()) : address.trim();
}
