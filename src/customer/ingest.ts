import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { sqlStateOf } from "../database/sql-state.ts";
import { recordConsents, recordUndated } from "./consent.ts";
import { suppressReturned } from "./erased-addresses.ts";
import type { Secrets } from "./erasure-key.ts";
import { recordEvents } from "./events.ts";
import { anonymousCustomers, joinAnonymous, keepLinks, knownCustomers } from "./identity.ts";
import { type IngestError, type IngestMessage, readMessage } from "./ingest-message.ts";
import { IngestRows, type IngestSettings, type ReadMessage } from "./ingest-rows.ts";
import { knownZones } from "./known-zones.ts";
import { mergeOrders } from "./orders.ts";
import { type Relation, foldPeople, mergePeople, personColumns } from "./people.ts";
import { stagingColumns } from "./staging-table.ts";

export interface Ingested {
  readonly accepted: number;
  readonly duplicates: number;
  readonly errors: readonly IngestError[];
  /** Whether journeys have something to react to, so that the caller can wake them. */
  readonly heard: boolean;
}

/**
 * Takes a batch of messages (`identify`, `track`, `page`, `screen`, as Segment's spec has them) in one transaction of a few
 * statements. Every item is read by itself: a bad one is an error with its place, and the others are taken. A `messageId`
 * seen before makes a duplicate. A completed order is written before its event is queued, so that conditions on orders see it.
 */
export async function ingestBatch(
  database: Database,
  messages: readonly unknown[],
  settings: IngestSettings,
): Promise<Ingested> {
  const errors: IngestError[] = [];
  const rows = new IngestRows(settings, await knownZones(database));
  const read = messages.flatMap((item, index): ReadMessage[] => {
    const message = readMessage(item, index, settings.now);
    if (isErrors(message)) {
      errors.push(...message);
      return [];
    }
    const row = rows.read(message);
    if ("message" in row) return [row];
    errors.push(row);
    return [];
  });
  if (read.length === 0) return { accepted: 0, duplicates: 0, errors, heard: false };
  const { taken, heard } = await withRetries(() =>
    database.transaction().execute((transaction) => take(transaction, read, settings)),
  );
  return { accepted: taken, duplicates: read.length - taken, errors, heard };
}

/** One `identify`: `{userId, anonymousId?, traits}`. */
export function identify(
  database: Database,
  message: object,
  settings: IngestSettings,
): Promise<Ingested> {
  return ingestBatch(database, [{ ...message, type: "identify" }], settings);
}

/** One `track`: `{userId, event, properties, timestamp?, messageId?}`. */
export function track(
  database: Database,
  message: object,
  settings: IngestSettings,
): Promise<Ingested> {
  return ingestBatch(database, [{ ...message, type: "track" }], settings);
}

function isErrors(read: IngestMessage | readonly IngestError[]): read is readonly IngestError[] {
  return Array.isArray(read);
}

async function take(
  transaction: Database,
  read: readonly ReadMessage[],
  { now, secrets }: IngestSettings,
): Promise<{ taken: number; heard: boolean }> {
  const fresh = await claimKeys(transaction, read, now);
  if (fresh.length === 0) return { taken: 0, heard: false };
  const customerOf = await mergeCustomers(transaction, fresh, now, secrets);
  const orders = newestOrders(fresh).flatMap(({ message, order }) =>
    order.map((row) => ({ ...row, n: message.index, customer_id: customerOf(message) })),
  );
  if (orders.length > 0) await mergeOrders(transaction, orderRows(orders), now);
  const events = fresh.flatMap(({ message }) =>
    message.type === "track"
      ? [
          {
            n: message.index,
            customer_id: customerOf(message),
            name: message.event,
            occurred_at: message.at,
            properties: message.properties,
          },
        ]
      : [],
  );
  const consentsOf = (those: readonly ReadMessage[]) =>
    those.flatMap((item) =>
      item.consents.map((consent) => ({ ...consent, customer_id: customerOf(item.message) })),
    );
  await recordConsents(transaction, consentsOf(fresh.filter(({ message }) => message.isDated)));
  await recordUndated(transaction, consentsOf(fresh.filter(({ message }) => !message.isDated)));
  const recorded =
    events.length === 0
      ? { heard: 0 }
      : await recordEvents(transaction, eventRows(events), now, { live: true });
  return { taken: fresh.length, heard: recorded.heard > 0 };
}

/** An order told twice in one batch is as it was told last. */
function newestOrders(read: readonly ReadMessage[]): readonly ReadMessage[] {
  const byNumber = new Map(
    read.flatMap((item) => item.order.slice(0, 1).map((row) => [row["order_number"], item])),
  );
  return [...byNumber.values()];
}

/** The messages that were not here before, by the caller's ids. */
async function claimKeys(
  transaction: Database,
  read: readonly ReadMessage[],
  now: Date,
): Promise<readonly ReadMessage[]> {
  const keys = read.flatMap(({ message }) => message.key ?? []);
  if (keys.length === 0) return read;
  const { rows } = await sql<{ key: string }>`
    INSERT INTO event_keys (key, received_at) SELECT DISTINCT key, ${now}::timestamptz FROM unnest(${keys}::text[]) AS key ORDER BY key
    ON CONFLICT DO NOTHING RETURNING key`.execute(transaction);
  const unseen = new Set(rows.map(({ key }) => key));
  return read.filter(({ message }) => message.key === null || unseen.delete(message.key));
}

/** Creates, joins and changes the customers of the messages, and returns whose each message is. */
async function mergeCustomers(
  transaction: Database,
  read: readonly ReadMessage[],
  now: Date,
  secrets: Secrets | undefined,
): Promise<(message: IngestMessage) => string> {
  const links = read.flatMap(({ message: { anonymousId, userId } }) =>
    anonymousId === null || userId === null ? [] : [{ anonymousId, userId }],
  );
  const linked = new Map(links.map(({ anonymousId, userId }) => [anonymousId, userId]));
  const userOf = (message: IngestMessage): string | null =>
    message.userId ?? linked.get(message.anonymousId ?? "") ?? null;
  const anonymousIds = read.flatMap(({ message }) =>
    userOf(message) === null ? (message.anonymousId ?? []) : [],
  );
  // Nothing in the table keeps two of the same anonymous id from being made at once. A process that is stopped here holds up
  // the others for seconds.
  if (links.length + anonymousIds.length > 0)
    await sql`SELECT set_config('idle_in_transaction_session_timeout', '5s', true), pg_advisory_xact_lock(hashtext('waypost:' || current_schema() || ':identities'))`.execute(
      transaction,
    );
  await joinAnonymous(transaction, links, now);
  const anonymous = await anonymousCustomers(transaction, anonymousIds, now);
  const people = read.flatMap(({ message, person }) => {
    const userId = userOf(message);
    if (userId === null && person === null) return [];
    return [
      {
        ...person,
        n: message.index,
        external_id: userId,
        known_id: userId === null ? anonymous.get(message.anonymousId ?? "") : undefined,
      },
    ];
  });
  if (people.length > 0) await mergePeople(transaction, foldPeople(personRows(people)), now);
  if (people.some((row) => "email" in row || "phone" in row || "attributes" in row))
    await suppressReturned(transaction, secrets, personRows(people));
  await keepLinks(transaction, links, now);
  const known = await knownCustomers(transaction, [
    ...new Set(read.flatMap(({ message }) => userOf(message) ?? [])),
  ]);
  return (message) =>
    known.get(userOf(message) ?? "") ?? anonymous.get(message.anonymousId ?? "") ?? "";
}

const definition = (kind: "customers" | "orders") =>
  stagingColumns(kind)
    .map(({ name, sqlType }) => `${name} ${sqlType}`)
    .join(", ");
const personList = sql.raw(["n", ...personColumns, "attributes", "known_id"].join(", "));

function personRows(rows: readonly object[]): Relation {
  return sql`SELECT ${personList} FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (${sql.raw(definition("customers"))}, known_id bigint)`;
}

function orderRows(rows: readonly object[]): Relation {
  return sql`SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (${sql.raw(definition("orders"))}, customer_id bigint)`;
}

function eventRows(rows: readonly object[]): Relation {
  return sql`SELECT n, customer_id, name, occurred_at, properties, NULL::text AS key
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (n integer, customer_id bigint, name text, occurred_at timestamptz, properties jsonb)`;
}

const conflicts = new Set(["40001", "40P01"]);

/** Two batches about the same customers may stand in one another's way; the one that was stopped starts anew. */
async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 4; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || !conflicts.has(sqlStateOf(error))) throw error;
    }
  }
}
