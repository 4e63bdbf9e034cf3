import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { countDeadEvents } from "../enrollment/dead-event.ts";
import { countHeld } from "../enrollment/hold.ts";
import { inFlight, oldestDue } from "../message/channel-state.ts";

/** Counting ends here, so that a look costs the same over ten million rows that wait as over a hundred thousand. */
const countedAtMost = 100_000;

/** What is the same for every channel of the config. */
export interface WatchedChannel {
  readonly name: string;
  readonly isOpen: boolean;
  readonly isThrottled: boolean;
  /** At most 100,000. */
  readonly due: number;
  readonly oldestDueSeconds: number;
  readonly inFlight: number;
}

export async function watchChannels(
  database: Database,
  channels: readonly string[],
  now: Date,
): Promise<readonly WatchedChannel[]> {
  const { rows } = await sql<WatchedChannel>`
    select given.name, state.paused_at is null as "isOpen", coalesce(state.throttled_until > ${now}, false) as "isThrottled",
      (select count(*)::int from (select from messages where channel = given.name and needs = 'delivery'
        and due_at <= ${now} limit ${countedAtMost}) as due) as due,
      ${secondsSince(oldestDue(sql`given.name`), now)} as "oldestDueSeconds",
      ${inFlight(sql`given.name`)} as "inFlight"
    from unnest(${channels}::text[]) with ordinality as given (name, position)
    left join channels state on state.name = given.name
    order by given.position`.execute(database);
  return rows;
}

/** How long what is due has waited, by kind, beside messages; 0 where nothing is. A paused journey is not late. */
export interface OldestDue {
  readonly enrollment: number;
  readonly event: number;
  readonly report: number;
  /** Calls of journeys to services. */
  readonly call: number;
}

export async function watchOldestDue(database: Database, now: Date): Promise<OldestDue> {
  const enrollment = sql`(select min(due.due_at) from journeys cross join lateral (
    select due_at from enrollments where journey_id = journeys.id and due_at is not null order by due_at limit 1) as due
    where journeys.state <> 'paused')`;
  const event = sql`(select occurred_at from pending_events order by id limit 1)`;
  const report = sql`(select received_at from report_inbox where applied_at is null order by id limit 1)`;
  const call = sql`(select due_at from calls where state in ('planned', 'retry') and due_at <= ${now} and expires_at > ${now}
    and journey_id not in (select id from journeys where state = 'paused') order by due_at limit 1)`;
  const { rows } = await sql<OldestDue>`
    select ${secondsSince(enrollment, now)} as enrollment, ${secondsSince(event, now)} as event,
      ${secondsSince(report, now)} as report, ${secondsSince(call, now)} as call`.execute(database);
  return rows[0] ?? { enrollment: 0, event: 0, report: 0, call: 0 };
}

function secondsSince(instant: RawBuilder<unknown>, now: Date): RawBuilder<number> {
  return sql`greatest(0, coalesce(extract(epoch from ${now}::timestamptz - ${instant}), 0))::float8`;
}

export interface Beating {
  /** Since the last heartbeat of any worker; null where none has ever worked. */
  readonly age: number | null;
  readonly isRestored: boolean;
  readonly held: number;
  readonly deadEvents: number;
  readonly failingSegments: number;
}

export async function watchWorkers(database: Database): Promise<Beating> {
  const { rows } = await sql<Omit<Beating, "deadEvents" | "held">>`
    select (select extract(epoch from clock_timestamp() - beat_at)::float8 from installation where beat > 0) as age,
      exists (select from installation where restored_at is not null) as "isRestored",
      (select count(*)::int from segments where removed_at is null and failure is not null) as "failingSegments"`.execute(
    database,
  );
  const deadEvents = await countDeadEvents(database, countedAtMost);
  const held = await countHeld(database, countedAtMost);
  const nothing = { age: null, isRestored: false, failingSegments: 0 };
  return { ...nothing, ...rows[0], held, deadEvents };
}
