import { type RawBuilder, type SqlBool, sql } from "kysely";
import { deliveryIdOf } from "../channel/delivery-id.ts";
import type { Database } from "../database/database.ts";
import { type MessageState, isOffCourse } from "./message.ts";

export interface MessageFilter {
  readonly states?: readonly MessageState[];
  readonly journey?: string;
  readonly channel?: string;
  readonly customerId?: string;
  /** Only messages planned at this time or later. */
  readonly since?: Date;
  /** Only messages with a lower id: the next page. */
  readonly before?: string;
  /** Only this message and those with a higher id. */
  readonly from?: string;
  readonly limit: number;
}

/** A message as lists show it. */
export interface ListedMessage {
  readonly id: string;
  readonly deliveryId: string;
  readonly journey: string;
  readonly step: string;
  readonly channel: string;
  readonly template: string;
  readonly state: MessageState;
  readonly reason: string | null;
  readonly subject: string | null;
  readonly customerId: string;
  readonly customerName: string | null;
  readonly address: string | null;
  readonly attempts: number;
  readonly dueAt: Date;
  readonly plannedAt: Date;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly openedAt: Date | null;
  readonly clickedAt: Date | null;
  readonly bouncedAt: Date | null;
}

/** The newest messages that fit the filter, newest first. Where no index serves the filter that reads the ledger until they are found. */
export async function listMessages(
  database: Database,
  filter: MessageFilter,
): Promise<ListedMessage[]> {
  return listAmong(database, filter, await ledgerOf(database, filter.journey));
}

/** The ledger, or one journey's part of it. */
interface Part {
  readonly rows: RawBuilder<unknown>;
  readonly isSmall: boolean;
}

/** A journey of so few messages is read whole, wherever in the ledger they lie. */
const few = 5000;

async function ledgerOf(database: Database, journey: string | undefined): Promise<Part> {
  if (journey === undefined) return { rows: sql`messages`, isSmall: false };
  const id = (await findJourneyId(database, journey)) ?? null;
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from messages where journey_id = ${id} limit ${few + 1}) as those`.execute(
    database,
  );
  const isSmall = (rows[0]?.count ?? 0) <= few;
  // By its id, so that the planner knows whether it has many messages or few.
  const mine = sql`select * from messages where journey_id = ${id}`;
  return { rows: isSmall ? sql`(${mine} limit ${2 * few})` : sql`(${mine})`, isSmall };
}

async function listAmong(
  database: Database,
  filter: MessageFilter,
  { rows }: Part,
): Promise<ListedMessage[]> {
  const conditions = [
    filter.channel === undefined ? null : sql<SqlBool>`m.channel = ${filter.channel}`,
    filter.customerId === undefined ? null : sql<SqlBool>`m.customer_id = ${filter.customerId}`,
    filter.since === undefined ? null : sql<SqlBool>`m.planned_at >= ${filter.since}`,
    filter.before === undefined ? null : sql<SqlBool>`m.id < ${filter.before}`,
    filter.from === undefined ? null : sql<SqlBool>`m.id >= ${filter.from}`,
  ].filter((condition) => condition !== null);
  const states =
    filter.states === undefined
      ? [sql<SqlBool>`true`]
      : [...new Set(filter.states)].map((state) => isInState(state));
  // The newest of each state by itself, each found by an index in the order of the ledger.
  const newest = states.map(
    (
      isInIt,
    ) => sql`(select m.* from ${rows} m where ${sql.join([isInIt, ...conditions], sql` and `)}
      order by m.id desc limit ${filter.limit})`,
  );
  return select(database, sql`(${sql.join(newest, sql` union all `)})`, filter.limit);
}

/** So many messages are looked at for a page of those that fit. */
const lookedAt = 200_000;

export interface Look {
  readonly messages: readonly ListedMessage[];
  /** Where the look ended: of what is older than this message nobody knows yet whether it fits. Null where all was seen, or the limit reached. */
  readonly endedAt: { readonly id: string; readonly plannedAt: Date } | null;
}

/** The same for somebody who waits for the page: a filter that no index serves is tried on so many messages, and then on those before. */
export async function lookForMessages(
  database: Database,
  filter: MessageFilter,
  most = lookedAt,
): Promise<Look> {
  const part = await ledgerOf(database, filter.journey);
  const isFound = part.isSmall || isIndexed(filter);
  const end = isFound ? undefined : await endOfLook(database, filter.before, most);
  const from = end === undefined ? {} : { from: end.id };
  const messages = await listAmong(database, { ...filter, ...from }, part);
  if (end === undefined) return { messages, endedAt: null };
  return { messages, endedAt: messages.length < filter.limit ? end : null };
}

function isIndexed({ states, journey, channel, customerId }: MessageFilter): boolean {
  if (customerId !== undefined) return true;
  const isUsual = (state: MessageState) => state === "accepted" || state === "delivered";
  return journey === undefined && channel === undefined && states?.some(isUsual) !== true;
}

/** The message that a look at `most` ends with; none where the ledger ends before. */
async function endOfLook(database: Database, before: string | undefined, most: number) {
  const { rows } = await sql<{ id: string; plannedAt: Date }>`
    select id, planned_at as "plannedAt" from messages where id <= (
      select coalesce(${before ?? null}::bigint, max(id) + 1) - ${most}::bigint from messages) order by id desc limit 1`.execute(
    database,
  );
  return rows[0];
}

/** Whether the message `m` is in the state; found by an index where that is not one of the usual course that is over. */
function isInState(state: MessageState): RawBuilder<SqlBool> {
  if (isOffCourse(state)) return sql<SqlBool>`m.off_course = ${state}`;
  if (state === "planned") return sql<SqlBool>`(m.needs = 'delivery' and m.state = 'planned')`;
  if (state === "sending")
    return sql<SqlBool>`(m.id in (select unnest(messages) from claims) and m.state = 'sending')`;
  return sql<SqlBool>`m.state = ${state}`;
}

async function findJourneyId(database: Database, name: string): Promise<number | undefined> {
  const found = await database
    .selectFrom("journeys")
    .select("id")
    .where("name", "=", name)
    .executeTakeFirst();
  return found?.id;
}

/** One message by its id or delivery id. */
export async function findMessage(
  database: Database,
  id: string,
): Promise<ListedMessage | undefined> {
  const condition = /^\d{1,18}$/.test(id)
    ? sql<SqlBool>`m.id = ${id}`
    : deliveryIdOf(id) !== null
      ? sql<SqlBool>`m.delivery_id = ${id}::uuid`
      : sql<SqlBool>`false`;
  const found = sql`(select m.* from messages m where ${condition})`;
  const [message] = await select(database, found, 1);
  return message;
}

async function select(
  database: Database,
  found: RawBuilder<unknown>,
  limit: number,
): Promise<ListedMessage[]> {
  const { rows } = await sql<ListedMessage>`
    select m.id, m.delivery_id as "deliveryId", j.name as journey, m.step, m.channel, m.template, m.state, m.reason, m.subject,
      m.customer_id as "customerId", nullif(concat_ws(' ', c.first_name, c.last_name), '') as "customerName",
      coalesce(m.address, address_on(m.channel, c.email, c.phone, c.attributes)) as address, m.attempts,
      m.due_at as "dueAt", m.planned_at as "plannedAt", m.sent_at as "sentAt", m.delivered_at as "deliveredAt",
      m.opened_at as "openedAt", m.clicked_at as "clickedAt", m.bounced_at as "bouncedAt"
    from ${found} m
    join journeys j on j.id = m.journey_id
    join customers c on c.id = m.customer_id
    order by m.id desc limit ${limit}`.execute(database);
  return rows;
}
