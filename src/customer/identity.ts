import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { absorb } from "./absorb.ts";

/** An anonymous id and the customer's own id said in one breath: they are the same person. */
export interface Link {
  readonly anonymousId: string;
  readonly userId: string;
}

/**
 * Prepares the customers that links name, before they are merged: an anonymous customer becomes the known one, or is
 * absorbed by it when both exist. An anonymous id of somebody else who is known (a shared device) is left to them here;
 * from `keepLinks` on it means whoever was named last.
 */
export async function joinAnonymous(
  database: Database,
  links: readonly Link[],
  now: Date,
): Promise<void> {
  if (links.length === 0) return;
  const rows = JSON.stringify(
    links.map(({ anonymousId, userId }) => ({ anonymous_id: anonymousId, external_id: userId })),
  );
  const { rows: joined } = await sql<{
    anonymous: string;
    known: string | null;
    external_id: string;
  }>`
    SELECT DISTINCT ON (a.id) a.id AS anonymous, coalesce(k.id, f.customer_id) AS known, l.external_id
    FROM jsonb_to_recordset(${rows}::jsonb) AS l (anonymous_id text, external_id text)
    JOIN identities i ON i.kind = 'anonymous_id' AND i.value = l.anonymous_id
    JOIN customers a ON a.id = i.customer_id AND a.external_id IS NULL
    LEFT JOIN customers k ON k.external_id = l.external_id
    LEFT JOIN identities f ON f.kind = 'external_id' AND f.value = l.external_id
    ORDER BY a.id`.execute(database);
  const named = new Set<string>();
  const fresh = joined.filter(
    ({ known, external_id: id }) => known === null && !named.has(id) && named.add(id),
  );
  if (fresh.length > 0) {
    await sql`
      UPDATE customers c SET external_id = f.external_id, updated_at = ${now}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) AS f (anonymous bigint, external_id text) WHERE c.id = f.anonymous`.execute(
      database,
    );
  }
  const heirs = new Map(fresh.map(({ external_id: id, anonymous }) => [id, anonymous]));
  const pairs = joined.flatMap(({ anonymous, known, external_id: id }) => {
    const into = known ?? heirs.get(id);
    return into === undefined || into === anonymous ? [] : [{ from: anonymous, into }];
  });
  await absorb(database, pairs, now);
}

/** From now on these anonymous ids mean these customers. */
export async function keepLinks(
  database: Database,
  links: readonly Link[],
  now: Date,
): Promise<void> {
  if (links.length === 0) return;
  const rows = JSON.stringify(
    links.map(({ anonymousId, userId }, n) => ({
      n,
      anonymous_id: anonymousId,
      external_id: userId,
    })),
  );
  await sql`
    INSERT INTO identities AS i (kind, value, customer_id, seen_at)
    SELECT DISTINCT ON (l.anonymous_id) 'anonymous_id', l.anonymous_id, coalesce(c.id, f.customer_id), ${now}::timestamptz
    FROM jsonb_to_recordset(${rows}::jsonb) AS l (n integer, anonymous_id text, external_id text)
    LEFT JOIN customers c ON c.external_id = l.external_id
    LEFT JOIN identities f ON f.kind = 'external_id' AND f.value = l.external_id
    WHERE coalesce(c.id, f.customer_id) IS NOT NULL
    ORDER BY l.anonymous_id, l.n DESC
    ON CONFLICT (kind, value) DO UPDATE SET customer_id = excluded.customer_id, seen_at = excluded.seen_at
      WHERE i.customer_id <> excluded.customer_id`.execute(database);
}

/** The customers of anonymous ids; those never seen are created, known by nothing else. */
export async function anonymousCustomers(
  database: Database,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  await sql`
    WITH fresh AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('customers', 'id')) AS id, value FROM unnest(${[...new Set(ids)]}::text[]) AS value
      WHERE NOT EXISTS (SELECT FROM identities i WHERE i.kind = 'anonymous_id' AND i.value = value.value)
    ),
    created AS (
      INSERT INTO customers (id, created_at, updated_at) OVERRIDING SYSTEM VALUE SELECT id, ${now}::timestamptz, ${now}::timestamptz FROM fresh
    )
    INSERT INTO identities (kind, value, customer_id, seen_at) SELECT 'anonymous_id', value, id, ${now}::timestamptz FROM fresh`.execute(
    database,
  );
  const found = await database
    .selectFrom("identities")
    .select(["value", "customer_id"])
    .where("kind", "=", "anonymous_id")
    .where("value", "in", [...new Set(ids)])
    .execute();
  return new Map(found.map((row) => [row.value, row.customer_id]));
}

/** The customers of the company's own ids, former ones too. */
export async function knownCustomers(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ value: string; id: string }>`
    SELECT value, customer_id AS id FROM identities WHERE kind = 'external_id' AND value = ANY(${ids}::text[])
    UNION ALL SELECT external_id, id FROM customers WHERE external_id = ANY(${ids}::text[])`.execute(
    database,
  );
  return new Map(rows.map(({ value, id }) => [value, id]));
}
