import { Cron } from "croner";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { roughSeconds } from "../duration.ts";
import { attributeOf } from "../enrollment/customer-date.ts";
import { addDays, instantAt, localDayAt, minutesOf } from "../enrollment/local-time.ts";
import type { Start } from "../journey/journey.ts";
import { type Asked, type Audience, predicate } from "./audience.ts";
import { plannedRows, within } from "./budget.ts";
import type { EventHistory } from "./event-history.ts";

/** Customers who are expected to enter at an instant. Fractions are expectations: a third of a customer a day. */
export interface Entry {
  readonly at: Date;
  readonly customers: number;
}

/** The days a plan looks ahead, and where on the globe they begin. */
export interface Horizon {
  readonly now: Date;
  readonly days: number;
  readonly zone: string;
}

const DAY_MS = 86_400_000;

/** Of every day what the last thirty had on average, at the same hours of the day. */
export function entriesByEvents(
  { entering, days, hours }: Pick<EventHistory, "entering" | "days" | "hours">,
  horizon: Horizon,
): readonly Entry[] {
  const aDay = entering / days;
  const start = Math.floor(horizon.now.getTime() / DAY_MS) * DAY_MS;
  return Array.from({ length: (horizon.days + 1) * 24 }, (_, hour) => ({
    at: new Date(start + (hour + 0.5) * 3_600_000),
    customers: aDay * (hours[hour % 24] ?? 0),
  })).filter(({ at, customers }) => customers > 0 && isAhead(at, horizon));
}

/** An even stream of so many a day. */
export function entriesByDay(aDay: number, horizon: Horizon): readonly Entry[] {
  const even = Array.from({ length: 24 }, () => 1 / 24);
  return entriesByEvents({ entering: aDay, days: 1, hours: even }, horizon);
}

/** The next occurrences of a schedule, each with all of the audience that may enter again by then. */
export function entriesOnSchedule(
  start: Extract<Start, { kind: "every" }>,
  audience: number,
  horizon: Horizon,
): readonly Entry[] {
  const cron = new Cron(start.cron, { timezone: start.zone ?? horizon.zone, paused: true });
  const occurrences = cron.nextRuns(2000, horizon.now).filter((at) => isAhead(at, horizon));
  const spaced: Date[] = [];
  for (const at of occurrences) if (mayComeAgain(start, spaced.at(-1), at)) spaced.push(at);
  return spaced.map((at) => ({ at, customers: audience }));
}

function mayComeAgain({ again }: Start, last: Date | undefined, at: Date): boolean {
  if (last === undefined || again.kind === "always") return true;
  if (again.kind === "never") return false;
  return at.getTime() - last.getTime() >= roughSeconds(again.after) * 1000;
}

export type DateStart = Extract<Start, { kind: "date" }>;

/** Who has the day within the horizon, day by day on the shop's clocks. Estimated by rows when counting takes too long. */
export async function entriesOnDate(
  database: Database,
  start: DateStart,
  audience: Audience,
  asked: Asked,
  horizon: Horizon,
): Promise<readonly Entry[]> {
  const zone = start.zone === "customer" ? horizon.zone : start.zone;
  const today = localDayAt(horizon.now, zone);
  const days = Array.from({ length: horizon.days + 1 }, (_, ahead) => {
    const day = addDays(today, ahead);
    const date = addDays(day, -start.offsetDays);
    const at = instantAt(day, minutesOf(start.at) * 60_000, zone);
    const iso = `${date.year}-${String(date.month).padStart(2, "0")}-${String(date.day).padStart(2, "0")}`;
    return { at, iso, ...date };
  }).filter(({ at }) => isAhead(at, horizon));
  const held = heldDay(start.field, zone);
  const on =
    start.repeat === "once"
      ? sql`${held} = coming.day`
      : sql`extract(month from ${held}) = coming.month::numeric and extract(day from ${held}) = coming.date::numeric`;
  const from = sql`unnest(${days.map((day) => day.iso)}::date[], ${days.map((day) => day.month)}::int[], ${days.map((day) => day.day)}::int[])
      as coming (day, month, date) join customers as customer on ${on}
    where ${predicate(audience, asked, "many")}`;
  const rows = await within(database, asked.limitMs, async (session) => {
    const query = sql<{ day: string; customers: string }>`
      select coming.day::text as day, count(*) as customers from ${from} group by 1`;
    return (await query.execute(session)).rows;
  });
  if (rows === undefined) {
    const expected = await plannedRows(database, sql`select from ${from}`);
    return days.map(({ at }) => ({ at, customers: expected / days.length }));
  }
  const counts = new Map(rows.map(({ day, customers }) => [day, Number(customers)]));
  return days
    .map(({ at, iso }) => ({ at, customers: counts.get(iso) ?? 0 }))
    .filter(({ customers }) => customers > 0);
}

/** In the shape of the index customers_by_birthday, where it is that. */
function heldDay(field: string, zone: string) {
  if (field === "birthday") return sql`customer.birthday`;
  if (field === "created_at") return sql`(customer.created_at at time zone ${zone}::text)::date`;
  return sql`as_day(${attributeOf(field)}, ${zone}::text)`;
}

function isAhead(at: Date, { now, days }: Horizon): boolean {
  return at > now && at.getTime() <= now.getTime() + days * DAY_MS;
}
