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

/** The newest messages that fit the filter, newest first. */
export async function listMessages(
  database: Database,
  filter: MessageFilter,
): Promise<ListedMessage[]> {
  const journey =
    filter.journey === undefined ? undefined : await findJourneyId(database, filter.journey);
  if (filter.journey !== undefined && journey === undefined) return [];
  const conditions = [
    // By its id, so that the planner knows whether it has many messages or few.
    journey === undefined ? null : sql<SqlBool>`m.journey_id = ${journey}`,
    filter.channel === undefined ? null : sql<SqlBool>`m.channel = ${filter.channel}`,
    filter.customerId === undefined ? null : sql<SqlBool>`m.customer_id = ${filter.customerId}`,
    filter.since === undefined ? null : sql<SqlBool>`m.planned_at >= ${filter.since}`,
    filter.before === undefined ? null : sql<SqlBool>`m.id < ${filter.before}`,
  ].filter((condition) => condition !== null);
  const states =
    filter.states === undefined
      ? [sql<SqlBool>`true`]
      : [...new Set(filter.states)].map((state) => isInState(state));
  // The newest of each state by itself, each found by an index in the order of the ledger.
  const newest = states.map(
    (
      isInIt,
    ) => sql`(select m.* from messages m where ${sql.join([isInIt, ...conditions], sql` and `)}
      order by m.id desc limit ${filter.limit})`,
  );
  return select(database, sql`(${sql.join(newest, sql` union all `)})`, filter.limit);
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
