import { Cron } from "croner";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { addDays, instantAt, localDayAt, minutesOf } from "../enrollment/local-time.ts";
import type { Start } from "../journey/journey.ts";

/** When something next becomes due; null where nothing waits for its time. */
export interface Ahead {
  readonly passages: Date | null;
  readonly messages: Date | null;
  /** There are calls to be made. */
  readonly calls: boolean;
  /** Messages were lost that may go by another channel. */
  readonly lost: boolean;
}

export async function nextDue(database: Database, now: Date): Promise<Date | null> {
  const { passages, messages } = await lookAhead(database, now);
  return earliest([passages, messages]);
}

export async function lookAhead(database: Database, now: Date): Promise<Ahead> {
  const { rows } = await sql<Ahead>`
    select
      (select min(next.due_at) from journeys cross join lateral (
         select due_at from enrollments where journey_id = journeys.id and due_at > ${now} order by due_at limit 1) as next
       where journeys.state <> 'paused') as passages,
      (select min(due_at) from messages where needs = 'delivery' and due_at > ${now}) as messages,
      exists (select from calls where state in ('planned', 'retry')) as calls,
      exists (select from messages where needs = 'fallback') as lost`.execute(database);
  return rows[0] ?? { passages: null, messages: null, calls: false, lost: false };
}

/** When one of the starts next comes by the clock: by its schedule, or at the hour of the dates it is about. */
export function nextStart(
  starts: readonly Start[],
  now: Date,
  zones: { readonly shops: string; readonly customers: readonly string[] },
): Date | null {
  return earliest(starts.flatMap((start) => startsAfter(start, now, zones.shops, zones.customers)));
}

export function earliest(instants: readonly (Date | null)[]): Date | null {
  const times = instants.filter((at) => at !== null).map((at) => at.getTime());
  return times.length === 0 ? null : new Date(Math.min(...times));
}

function startsAfter(
  start: Start,
  now: Date,
  shops: string,
  zones: readonly string[],
): readonly (Date | null)[] {
  if (start.kind === "every")
    return [new Cron(start.cron, { timezone: start.zone ?? shops, paused: true }).nextRun(now)];
  if (start.kind !== "date") return [];
  return (start.zone === "customer" ? zones : [start.zone]).map((zone) =>
    nextTime(start.at, now, zone),
  );
}

function nextTime(at: string, now: Date, zone: string): Date {
  const today = localDayAt(now, zone);
  const time = minutesOf(at) * 60_000;
  const first = instantAt(today, time, zone);
  return first > now ? first : instantAt(addDays(today, 1), time, zone);
}

/** The zones that customers are in, the shop's own for those who did not say. */
export async function zonesOf(database: Database, shops: string): Promise<readonly string[]> {
  const rows = await database.selectFrom("customers").select("zone").distinct().execute();
  return [...new Set(rows.map(({ zone }) => zone ?? shops))];
}
