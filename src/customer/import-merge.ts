import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { appendConsents, isWithdrawn } from "./consent.ts";
import { suppressReturned } from "./erased-addresses.ts";
import { recordEvents } from "./events.ts";
import type { ImportOptions } from "./import-report.ts";
import { mergeOrders } from "./orders.ts";
import {
  type Merged,
  type Relation,
  customerOfRow,
  foldPeople,
  mergePeople,
  personColumns,
} from "./people.ts";
import { mergeProducts } from "./products.ts";

export interface MergeCounts extends Merged {
  readonly customers: Merged;
  readonly consents: number;
  readonly heard: number;
  readonly notes: readonly string[];
}

const batchSize = 20_000;
const nothing: Merged = { inserted: 0, updated: 0 };
const person = sql.raw(["n", ...personColumns, "attributes"].join(", "));

/** Merges what waits in the session's `import_rows`, `rows` of them, in transactions of `batchSize`. */
export async function mergeImport(
  session: Database,
  options: ImportOptions,
  rows: number,
): Promise<MergeCounts> {
  const { now } = options;
  await sql`SELECT set_config('work_mem', '64MB', false), set_config('jit', 'off', false)`.execute(
    session,
  );
  const counts = { ...nothing, customers: nothing, consents: 0, heard: 0, notes: [] as string[] };
  if (rows === 0) return counts;
  if (options.kind === "products")
    return { ...counts, ...(await mergeProducts(session, sql`SELECT * FROM import_rows`, now)) };
  const { notes, ...customers } = await mergeImportedPeople(session, options, rows);
  if (options.kind === "customers") {
    const { consents, notes: others } = await appendImportedConsents(session, options);
    return { ...counts, ...customers, consents, notes: [...notes, ...others] };
  }
  const merged =
    options.kind === "orders"
      ? await mergeImportedOrders(session, options, rows)
      : await recordImportedEvents(session, options, rows);
  return { ...counts, customers, notes, ...merged };
}

async function mergeImportedPeople(
  session: Database,
  options: ImportOptions,
  rows: number,
): Promise<Merged & { readonly notes: readonly string[] }> {
  await sql`CREATE TEMP TABLE import_people AS ${foldPeople(sql`SELECT ${person}, NULL::bigint AS known_id FROM import_rows`)}`.execute(
    session,
  );
  await sql`CREATE INDEX ON import_people (place)`.execute(session);
  await sql`ANALYZE import_people (place)`.execute(session);
  let returned = 0;
  const counts = await inBatches(session, options, rows, async (transaction, from, to) => {
    const people = sql`SELECT * FROM import_people WHERE place BETWEEN ${from} AND ${to}`;
    const merged = await mergePeople(transaction, people, options.now);
    returned += await suppressReturned(transaction, options.secrets, people);
    return merged;
  });
  const note = `${returned} addresses are of customers who were erased: they get no marketing (waypost erase ADDRESS --let-back, where they asked for it anew)`;
  return { ...counts, notes: returned === 0 ? [] : [note] };
}

async function mergeImportedOrders(
  session: Database,
  options: ImportOptions,
  rows: number,
): Promise<Merged> {
  await sql`CREATE TEMP TABLE import_orders AS SELECT *, min(n) OVER (PARTITION BY order_number) AS slot FROM import_rows`.execute(
    session,
  );
  await sql`CREATE INDEX ON import_orders (slot)`.execute(session);
  await sql`ANALYZE import_orders`.execute(session);
  return inBatches(session, options, rows, (transaction, from, to) =>
    mergeOrders(
      transaction,
      sql`SELECT s.*, who.customer_id FROM import_orders s JOIN ${customerOfRow} who ON true WHERE s.slot BETWEEN ${from} AND ${to}`,
      options.now,
    ),
  );
}

async function recordImportedEvents(
  session: Database,
  options: ImportOptions,
  rows: number,
): Promise<Partial<MergeCounts>> {
  await makeMonths(session, options.now);
  await sql`CREATE INDEX ON import_rows (n)`.execute(session);
  let heard = 0;
  const merged = await inBatches(session, options, rows, async (transaction, from, to) => {
    const events = sql`
      SELECT s.n, who.customer_id, s.event_name AS name, s.occurred_at, s.properties, coalesce(s.event_key, ${ownKey}) AS key
      FROM import_rows s JOIN ${customerOfRow} who ON true WHERE s.n BETWEEN ${from} AND ${to}`;
    const recorded = await recordEvents(transaction, events, options.now, {
      live: options.live === true,
    });
    heard += recorded.heard;
    return { inserted: recorded.recorded, updated: 0 };
  });
  return { ...merged, heard };
}

/** An event without a key is known by all that it says. */
const ownKey = sql`'row:' || encode(sha256(convert_to(concat_ws(E'\\x1f', coalesce(s.external_id, ''), coalesce(s.email, ''), coalesce(s.phone, ''),
  s.event_name, s.occurred_at, s.properties), 'UTF8')), 'hex')`;

/** Partitions for the months of the last ten years that hold events; older ones are kept together. */
async function makeMonths(session: Database, now: Date): Promise<void> {
  const oldest = new Date(Date.UTC(now.getUTCFullYear() - 10, now.getUTCMonth(), 1));
  await sql`
    SELECT ensure_event_months(month, month) FROM (
      SELECT DISTINCT date_trunc('month', occurred_at, 'UTC') AS month FROM import_rows WHERE occurred_at >= ${oldest}::timestamptz
    ) months`.execute(session);
}

/**
 * Consents of a file of customers. Without a date in the file they are of now, and a grant so dated does not take the
 * place of a withdrawal: an old list imported again must not bring back those who left. A date ahead of
 * ours is none, since no withdrawal would count until then.
 */
async function appendImportedConsents(
  session: Database,
  options: ImportOptions,
): Promise<{ consents: number; notes: string[] }> {
  const given = sql`
    SELECT who.customer_id, k.channel, k.topic, k.state, 'import' AS method, coalesce(s.consent_source, ${options.file}::text) AS source,
      s.consent_text_version AS text_version, NULL::inet AS ip, NULL::text AS actor, CASE WHEN s.consent_at <= ${options.now} THEN s.consent_at END AS consent_at, NULL::timestamptz AS expires_at
    FROM (SELECT * FROM import_rows WHERE consents IS NOT NULL) s JOIN ${customerOfRow} who ON true,
      jsonb_to_recordset(s.consents) AS k (channel text, topic text, state text)`;
  const dated: Relation = sql`
    SELECT customer_id, channel, topic, state, method, source, text_version, ip, actor, coalesce(consent_at, ${options.now}::timestamptz) AS occurred_at, expires_at
    FROM (${given}) g WHERE consent_at IS NOT NULL OR NOT EXISTS (
      SELECT FROM current_consents c WHERE c.customer_id = g.customer_id AND (
        (c.channel = g.channel AND c.topic = g.topic AND c.state = g.state)
        OR ${isWithdrawn}
      )
    )`;
  const refused = await sql<{ count: string }>`
    SELECT count(DISTINCT (g.customer_id, g.channel, g.topic)) AS count FROM (${given}) g JOIN current_consents c USING (customer_id)
    WHERE g.consent_at IS NULL AND ${isWithdrawn}`.execute(session);
  const consents = await session
    .transaction()
    .execute((transaction) => appendConsents(transaction, dated));
  const count = Number(refused.rows[0]?.count ?? 0);
  const note = `${count} consents were not taken: the customers withdrew theirs, and the file does not say when they consented anew (add a column consent.at)`;
  return { consents, notes: count === 0 ? [] : [note] };
}

async function inBatches(
  session: Database,
  options: ImportOptions,
  rows: number,
  merge: (transaction: Database, from: number, to: number) => Promise<Merged>,
): Promise<Merged> {
  let inserted = 0;
  let updated = 0;
  for (let from = 1; from <= rows; from += batchSize) {
    const to = Math.min(rows, from + batchSize - 1);
    const merged = await session
      .transaction()
      .execute((transaction) => merge(transaction, from, to));
    inserted += merged.inserted;
    updated += merged.updated;
    options.onProgress?.({ phase: "merging", done: to, total: rows, rows });
  }
  return { inserted, updated };
}
