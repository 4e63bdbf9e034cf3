import { type RawBuilder, type Transaction, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { roughSeconds } from "../duration.ts";
import { matches } from "../enrollment/pending-event.ts";
import type { Again, Start } from "../journey/journey.ts";
import type { Asked } from "./audience.ts";
import { type Found, plannedRows, within } from "./budget.ts";

export type EventStart = Extract<Start, { kind: "event" }>;

/** What the events of the last days would have made of a journey that starts with them. */
export interface EventHistory {
  readonly found: Found;
  readonly days: number;
  /** Events of that name, and those among them that pass `where` and `if`. */
  readonly events: number;
  readonly passing: number;
  /** Customers who would have entered, by the rule of coming again: who was in the journey before these days is not new. */
  readonly entering: number;
  readonly perDay: Readonly<Record<string, { readonly events: number; readonly passing: number }>>;
  /** Entries by the hour of the day, UTC, as shares of 1. */
  readonly hours: readonly number[];
  readonly customers: {
    readonly now: number;
    readonly then: number;
    readonly enters: number;
    readonly leaves: number;
    readonly entering: readonly string[];
    readonly leaving: readonly string[];
  };
}

/** What is looked at, in turn: all events of so many days, then only the newest. */
interface Window {
  readonly days: number;
  readonly newest: number | null;
}
const windows: readonly Window[] = [
  { days: 30, newest: null },
  { days: 3, newest: null },
  { days: 30, newest: 3000 },
];

/** `if` is asked of the customers as they are today. */
export async function eventHistory(
  database: Database,
  was: EventStart | null,
  will: EventStart,
  asked: Asked & { readonly journeyId: number | null },
  looked = windows,
): Promise<EventHistory> {
  for (const window of looked) {
    const row = await rowOf(database, was, will, asked, window);
    if (row === undefined) continue;
    const isPart = window.newest !== null && Number(row.named) >= window.newest;
    const all = isPart ? await eventsPlanned(database, will.event, asked.now) : null;
    const scale =
      all === null ? 30 / window.days : Math.max(1, all / Math.max(1, Number(row.named)));
    const most = scale > 1 ? await plannedRows(database, sql`select from customers`) : Infinity;
    return history(row, window, { all, scale, entering: enteringOf(row, will.again, scale, most) });
  }
  const events = await eventsPlanned(database, will.event, asked.now);
  // How many pass nobody knows: it is not less than none, and not more than all.
  return {
    ...unknown,
    found: { by: "planner" },
    days: 30,
    events,
    passing: events,
    entering: events,
  };
}

function eventsPlanned(database: Database, name: string, now: Date): Promise<number> {
  const since = new Date(now.getTime() - 30 * 86_400_000);
  return plannedRows(
    database,
    sql`select from events where name = ${name} and occurred_at > ${since} and occurred_at <= ${now}`,
  );
}

const unknown = {
  perDay: {},
  hours: Array.from({ length: 24 }, () => 1 / 24),
  customers: { now: 0, then: 0, enters: 0, leaves: 0, entering: [], leaving: [] },
};

interface Row {
  readonly named: string;
  readonly passing: string;
  readonly entrants: string;
  /** Of customers who can enter: how many there are, how many with one event alone, and the events of all. */
  readonly seen: string;
  readonly once: string;
  readonly theirs: string;
  readonly was: string;
  readonly will: string;
  readonly enters: string;
  readonly leaves: string;
  readonly entering: readonly string[];
  readonly leaving: readonly string[];
  readonly days: Readonly<Record<string, readonly [number, number]>> | null;
  readonly hours: Readonly<Record<string, number>> | null;
}

async function rowOf(
  database: Database,
  was: EventStart | null,
  will: EventStart,
  asked: Asked & { readonly journeyId: number | null },
  { days, newest }: Window,
): Promise<Row | undefined> {
  const since = new Date(asked.now.getTime() - days * 86_400_000);
  const names = [...new Set([will.event, ...(was === null ? [] : [was.event])])];
  const ask = async (session: Transaction<Tables>) => {
    const query = sql<Row>`
      with heard as materialized (
        select event.customer_id, event.occurred_at, event.name = ${will.event} as named,
               (${passes(was, asked)}) is true as was, (${passes(will, asked)}) is true as will
        from (
          select * from events
          where name = any(${names}::text[]) and occurred_at > ${since} and occurred_at <= ${asked.now}
          ${newest === null ? sql`` : sql`order by occurred_at desc limit ${newest}::int`}
        ) as event join customers as customer on customer.id = event.customer_id
      ), people as materialized (
        select customer_id, bool_or(was) as was, bool_or(will) as will, count(*) filter (where will) as passing,
               not exists (select from enrollments e where e.customer_id = heard.customer_id and e.journey_id = ${asked.journeyId}
                           and e.entered_at < (select min(occurred_at) from heard)) as is_new
        from heard group by customer_id
      )
      select (select count(*) from heard where named) as named, coalesce(sum(passing), 0) as passing,
             ${entrantsBy(will.again, days)} as entrants,
             count(*) filter (where ${canEnter(will.again)}) as seen, count(*) filter (where ${canEnter(will.again)} and passing = 1) as once,
             coalesce(sum(passing) filter (where ${canEnter(will.again)}), 0) as theirs,
             count(*) filter (where was) as was, count(*) filter (where will) as will,
             count(*) filter (where will and not was) as enters, count(*) filter (where was and not will) as leaves,
             array(select customer_id::text from people where will and not was order by people.customer_id limit 5) as entering,
             array(select customer_id::text from people where was and not will order by people.customer_id limit 5) as leaving,
             (select jsonb_object_agg(day, jsonb_build_array(events, passing)) from (
               select (occurred_at at time zone 'UTC')::date as day, count(*) as events, count(*) filter (where will) as passing
               from heard where named group by 1) as daily) as days,
             (select jsonb_object_agg(hour, passing) from (
               select extract(hour from occurred_at at time zone 'UTC') as hour, count(*) as passing from heard where will group by 1) as hourly) as hours
      from people`;
    return (await query.execute(session)).rows;
  };
  return (
    await within(database, asked.limitMs, ask, days === 30 && newest === null ? "many" : "few")
  )?.[0];
}

/** What is made of a part: how many events there are in all where only the newest were looked at, and how many that is for one. */
interface Scaled {
  readonly all: number | null;
  readonly scale: number;
  readonly entering: number;
}

function history(
  row: Row,
  { days, newest }: Window,
  { all, scale, entering }: Scaled,
): EventHistory {
  const passing = Number(row.passing);
  const hours = Array.from({ length: 24 }, (_, hour) =>
    passing === 0 ? 1 / 24 : (row.hours?.[String(hour)] ?? 0) / passing,
  );
  return {
    found:
      all !== null
        ? { by: "newest", events: newest ?? 0 }
        : days === 30
          ? { by: "count" }
          : { by: "days", days },
    days: 30,
    events: Math.round(Number(row.named) * scale),
    passing: Math.round(passing * scale),
    entering: Math.round(entering),
    perDay: Object.fromEntries(
      Object.entries(row.days ?? {})
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([day, [events, passed]]) => [day, { events, passing: passed }]),
    ),
    hours,
    customers: {
      now: Number(row.was),
      then: Number(row.will),
      enters: Number(row.enters),
      leaves: Number(row.leaves),
      entering: row.entering,
      leaving: row.leaving,
    },
  };
}

export function passes(start: EventStart | null, { now, journey }: Asked): RawBuilder<boolean> {
  if (start === null) return sql<boolean>`false`;
  const meets =
    start.if === null
      ? sql<boolean>`true`
      : conditionSql(start.if, {
          now,
          entry: sql.ref("event.properties"),
          customers: "few",
          sql: true,
          ...(journey === undefined ? {} : { journey }),
        });
  return sql<boolean>`event.name = ${start.event} and ${matches(start.where, now)} and ${meets}`;
}

/**
 * Events are scaled up, customers are not: the longer one looks, the more of them were there before. How many there are
 * besides those seen is told by those who were seen once (estimator Duj1 of Haas and Stokes, 1998).
 */
function enteringOf(row: Row, again: Again, scale: number, most: number): number {
  if (scale <= 1) return Number(row.entrants);
  const events = Number(row.passing) * scale;
  if (again.kind === "always") return events;
  const [seen, once, theirs] = [Number(row.seen), Number(row.once), Number(row.theirs)];
  const customers =
    theirs === 0
      ? 0
      : Math.min(Math.max(most, seen), (seen * theirs) / (theirs - once + once / scale));
  return again.kind === "never" ? customers : Math.min(events, customers * timesIn(again, 30));
}

function canEnter(again: Again): RawBuilder<boolean> {
  return again.kind === "never" ? sql<boolean>`will and is_new` : sql<boolean>`will`;
}

/** "after 10 days" lets a customer in three times in thirty days at most. */
function entrantsBy(again: Again, days: number): RawBuilder<string> {
  if (again.kind === "always") return sql<string>`coalesce(sum(passing), 0)`;
  if (again.kind === "never") return sql<string>`count(*) filter (where ${canEnter(again)})`;
  return sql<string>`coalesce(sum(least(passing, ${timesIn(again, days)}::int)), 0)`;
}

function timesIn({ after }: Extract<Again, { kind: "after" }>, days: number): number {
  return Math.max(1, Math.ceil((days * 86_400) / roughSeconds(after)));
}
