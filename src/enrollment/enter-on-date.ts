import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Start } from "../journey/journey.ts";
import {
  type Anniversary,
  type MonthDay,
  anniversariesBetween,
  daysAround,
} from "./anniversary.ts";
import { attributeOf } from "./customer-date.ts";
import { zoneFor } from "./due.ts";
import type { Moment } from "./enrollment.ts";
import { type Opening, inRange, meetsStart } from "./start.ts";
import type { Enrolling } from "./version.ts";

type DateStart = Extract<Start, { kind: "date" }>;

/** A day that came round for the customers of one zone; null stands for the unknown. */
interface ZonedDay extends Anniversary {
  readonly zone: string | null;
  /** The zone their clocks are reckoned by. */
  readonly clock: string;
}

const DAY_MS = 86_400_000;

/**
 * Lets in for whom the day of the journey's field came since it last looked, at the local time and the days before or after
 * that the journey names: the day itself, or each anniversary of it. A run that comes late catches up with the last day.
 */
export async function openDate(
  session: Kysely<Tables>,
  version: Enrolling,
  start: DateStart,
  moment: Moment,
): Promise<Opening> {
  const { now } = moment;
  const dayAgo = new Date(now.getTime() - DAY_MS);
  const last = version.enteredUntil ?? dayAgo;
  const after = last > dayAgo ? last : dayAgo;
  const days = await daysBetween(session, start, after, moment);
  if (days.length === 0) return { until: now, entrants: null };
  const occurrence =
    start.repeat === "yearly"
      ? sql`on_day.year::text`
      : sql`make_date(on_day.year, on_day.month, on_day.day)::text`;
  return {
    until: now,
    entrants: (range) => ({
      from: sql`${asTable(days)} ${customersOn(start)}`,
      // Whose day it is are few of all customers.
      where: sql`${falls(start)} and ${inRange(range)} and ${meetsStart(version, now, "few")}`,
      key: sql<string>`'date:' || ${occurrence}`,
      entry: sql`'{}'::jsonb`,
      enteredAt: sql<Date>`${now}::timestamptz`,
      owedAt: sql<Date>`on_day.at`,
    }),
  };
}

async function daysBetween(
  session: Kysely<Tables>,
  start: DateStart,
  after: Date,
  { now, zone }: Moment,
): Promise<readonly ZonedDay[]> {
  const zones = await zonesOf(session, start, daysAround(start, after, now));
  return zones.flatMap((customers) => {
    const clock = zoneFor(start.zone, customers, zone);
    return anniversariesBetween(start, after, now, clock).map((day): ZonedDay => ({
      ...day,
      zone: customers,
      clock,
    }));
  });
}

/** The zones that matter: none but the named one where the journey names one, else those customers live in. */
async function zonesOf(
  session: Kysely<Tables>,
  start: DateStart,
  days: readonly MonthDay[],
): Promise<readonly (string | null)[]> {
  if (start.zone !== "customer") return [null];
  const { rows } = await sql<{ zone: string | null }>`
    select distinct customer.zone from customers customer where ${mayFall(start, days)}`.execute(
    session,
  );
  return rows.map((row) => row.zone);
}

/** Whether the customer's day could be one of these; asked of a birthday, which there is an index of, and else of all who have one. */
function mayFall({ field }: DateStart, days: readonly MonthDay[]): RawBuilder<boolean> {
  if (field === "created_at") return sql`customer.created_at is not null`;
  if (field !== "birthday") return sql`${attributeOf(field)} is not null`;
  return sql`(extract(month from customer.birthday), extract(day from customer.birthday)) in (
    select month::numeric, day::numeric from unnest(${days.map(({ month }) => month)}::int[], ${days.map(({ day }) => day)}::int[])
      as around (month, day)) and customer.birthday is not null`;
}

function asTable(days: readonly ZonedDay[]): RawBuilder<unknown> {
  const column = <K extends keyof ZonedDay>(key: K) => days.map((one) => one[key]);
  return sql`unnest(${column("zone")}::text[], ${column("clock")}::text[], ${column("month")}::int[],
      ${column("day")}::int[], ${column("year")}::int[], ${column("at")}::timestamptz[]) as on_day (zone, clock, month, day, year, at)`;
}

/** The customers of each `on_day`, with the day that the field `held` is on the clocks of their zone. */
function customersOn({ field, zone }: DateStart): RawBuilder<unknown> {
  // An equality, so that Postgres can hash the zones rather than try each customer with each of them.
  const livesThere =
    zone === "customer" ? sql`coalesce(customer.zone, '') = coalesce(on_day.zone, '')` : sql`true`;
  const customers = sql`join customers as customer on ${livesThere}`;
  if (field === "birthday") return customers;
  // OFFSET keeps the day from being worked out again for each of the questions about it.
  return sql`${customers} cross join lateral (select ${dayOf(field)} as day offset 0) as held`;
}

/** Null for what is no date. */
function dayOf(field: string): RawBuilder<unknown> {
  return field === "created_at"
    ? sql`(customer.created_at at time zone on_day.clock)::date`
    : sql`as_day(${attributeOf(field)}, on_day.clock)`;
}

/** Whether the customer's day is `on_day`. */
function falls({ field, repeat }: DateStart): RawBuilder<boolean> {
  const day = field === "birthday" ? sql`customer.birthday` : sql`held.day`;
  if (repeat === "once") return sql`${day} = make_date(on_day.year, on_day.month, on_day.day)`;
  // In the shape of the index customers_by_birthday.
  return sql`extract(month from ${day}) = on_day.month::numeric and extract(day from ${day}) = on_day.day::numeric
    and ${hasBegun(field, day)}`;
}

/** What happens every year begins with the date itself; a day that somebody was born or came to us on is no anniversary yet. */
function hasBegun(field: string, day: RawBuilder<unknown>): RawBuilder<boolean> {
  const year = sql`extract(year from ${day})`;
  return field === "birthday" || field === "created_at"
    ? sql`${year} < on_day.year::numeric`
    : sql`${year} <= on_day.year::numeric`;
}
