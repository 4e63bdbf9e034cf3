import { sql } from "kysely";
import type { ProviderStub } from "../channel/provider-stub.ts";
import type { Database } from "../database/database.ts";
import { journeyCounts } from "../enrollment/journey-counts.ts";
import { byState, countMessages } from "../message/count.ts";
import type { MessageState } from "../message/message.ts";
import { engagement } from "../tracking/engagement.ts";

export interface Summary {
  readonly customers: number;
  readonly orders: number;
  readonly events: number;
  /** Without the holdout. */
  readonly enrolled: number;
  readonly holdout: number;
  readonly messages: Readonly<Partial<Record<MessageState, number>>>;
  readonly opened: { readonly people: number; readonly machines: number };
  readonly clicked: { readonly people: number; readonly machines: number };
  readonly unsubscribed: number;
  readonly complained: number;
  readonly journeys: readonly JourneySummary[];
  /** Messages that a provider took more than once, though nothing said that they had not been delivered: there must be none. */
  readonly sentTwice: number;
  /** Messages that went out again, since their provider reported that they had surely not been delivered. */
  readonly sentAgain: number;
  /** Messages that were due and not sent: there must be none. */
  readonly leftOver: number;
  readonly seconds: number;
}

export interface JourneySummary {
  readonly journey: string;
  readonly enrolled: number;
  readonly holdout: number;
  readonly messages: number;
  readonly clicked: number;
  readonly converted: number;
  readonly convertedHoldout: number;
  readonly value: number;
}

export async function summarise(
  database: Database,
  stub: ProviderStub,
  now: Date,
  seconds: number,
): Promise<Summary> {
  const [counts, undelivered, messages, journeys, reactions] = await Promise.all([
    counted(database, now),
    reportedUndelivered(database),
    countMessages(database).then(byState),
    journeyCounts(database),
    engagement(database),
  ]);
  const takenAnew = [...stub.seen].filter(([, { taken }]) => taken > 1);
  const sentTwice = takenAnew.filter(([id, { taken }]) => taken > 1 + (undelivered.get(id) ?? 0));
  const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    ...counts,
    enrolled: sum(journeys, ({ entered }) => entered),
    holdout: sum(journeys, ({ holdout }) => holdout),
    messages,
    opened: {
      people: sum(reactions, ({ opened }) => opened),
      machines: sum(reactions, ({ openedByMachines }) => openedByMachines),
    },
    clicked: {
      people: sum(reactions, ({ clicked }) => clicked),
      machines: sum(reactions, ({ clickedByMachines }) => clickedByMachines),
    },
    unsubscribed: sum(reactions, ({ unsubscribed }) => unsubscribed),
    complained: sum(reactions, ({ complained }) => complained),
    journeys: journeys.map(({ id, name, entered, holdout, converted, convertedHoldout, value }) => {
      const mine = reactions.filter(({ journeyId }) => journeyId === id);
      const [sent, clicked] = [sum(mine, (one) => one.sent), sum(mine, (one) => one.clicked)];
      return {
        journey: name,
        enrolled: entered,
        holdout,
        messages: sent,
        clicked,
        converted,
        convertedHoldout,
        value: Math.round(value * 100) / 100,
      };
    }),
    sentTwice: sentTwice.length,
    sentAgain: takenAnew.length - sentTwice.length,
    seconds,
  };
}

async function counted(database: Database, now: Date) {
  const { rows } = await sql<Pick<Summary, "customers" | "orders" | "events" | "leftOver">>`
    select (select count(*)::int from customers) as customers, (select count(*)::int from orders) as orders,
      (select count(*)::int from events) as events,
      (select count(*)::int from messages
       where state = 'sending' or (needs = 'delivery' and due_at <= ${now})) as "leftOver"`.execute(
    database,
  );
  return rows[0] ?? { customers: 0, orders: 0, events: 0, leftOver: 0 };
}

/** By delivery id, how many attempts the provider took and then reported as surely not delivered. */
async function reportedUndelivered(database: Database): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ id: string; attempts: number }>`
    select m.delivery_id as id, count(distinct r.attempt)::int as attempts
    from reports r join messages m on m.id = r.message_id
    where r.kind in ('blocked', 'throttled', 'quiet_hours', 'misconfigured') group by 1`.execute(
    database,
  );
  return new Map(rows.map(({ id, attempts }) => [id, attempts]));
}
