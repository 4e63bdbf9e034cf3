import { type RawBuilder, sql } from "kysely";
import { untrustedText } from "../channel/untrusted-text.ts";
import type { Rate } from "../config-values.ts";
import type { Database } from "../database/database.ts";
import { isOpen } from "./claim.ts";
import { refuseWhileRestored } from "./restored.ts";

/** Whether a channel hands anything over, and what waits on it. */
export interface ChannelState {
  readonly name: string;
  readonly provider: string;
  readonly pausedAt: Date | null;
  readonly reason: string | null;
  readonly throttledUntil: Date | null;
  /** When its provider was last not reached, for `reason`; null once it is, and while the channel is paused. */
  readonly unconnectedAt: Date | null;
  /** When its rate has a place again; null while it has one. */
  readonly placeAt: Date | null;
  /** At most 100,000: counting ends there. */
  readonly due: number;
  /** Of journeys that are not paused. */
  readonly oldestDueAt: Date | null;
  readonly inFlight: number;
}

/** A channel of waypost.yaml. */
interface ConfiguredChannel {
  readonly name: string;
  readonly provider: string;
  readonly rate?: Rate | undefined;
}

/** How many messages of a channel are with the provider, or may be. */
export function inFlight(channel: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(select count(*)::int from claims join messages m on ${isOpen} where claims.channel = ${channel})`;
}

/** What is, or will be, due first on a channel; what a paused journey keeps is not late. By the index, journey by journey. */
export function oldestDue(channel: RawBuilder<unknown>): RawBuilder<Date | null> {
  return sql<Date | null>`(select min(first.due_at) from journeys cross join unnest(array['transactional', 'marketing']) as kind
    cross join lateral (select due_at from messages where messages.channel = ${channel} and class = kind
      and messages.journey_id = journeys.id and needs = 'delivery' order by due_at limit 1) as first
    where journeys.state <> 'paused')`;
}

/** A look costs the same over ten million rows that wait as over a hundred thousand. */
export const dueCountedTo = 100_000;

/** Stops handing messages over on a channel. Calls in flight are finished; everything else stays open. */
export async function pauseChannel(
  database: Database,
  channel: string,
  provider: string,
  reason: string,
  now: Date,
): Promise<void> {
  const state = {
    provider,
    paused_at: now,
    reason: untrustedText(reason),
    changed_at: now,
  };
  await database
    .insertInto("channels")
    .values({ name: channel, ...state })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(state))
    .execute();
}

/**
 * Keeps every worker from calling the provider before the time it named. A shorter wish does not cut a longer one. It is
 * no longer than the wish by the database's clock: one host whose clock is ahead must not silence all.
 */
export async function throttleChannel(
  database: Database,
  channel: string,
  provider: string,
  until: Date,
  now: Date,
): Promise<void> {
  await sql`
    insert into channels (name, provider, throttled_until, changed_at) values (${channel}, ${provider}, ${noLater(until, now)}, ${now})
    on conflict (name) do update set changed_at = excluded.changed_at,
      reason = case when channels.paused_at is not null then channels.reason end,
      throttled_until = greatest(channels.throttled_until, excluded.throttled_until)`.execute(
    database,
  );
}

/** A channel that is not reached is open, and says why nothing goes out. */
export async function noteUnconnected(
  database: Database,
  channel: string,
  provider: string,
  reason: string,
  now: Date,
): Promise<void> {
  await sql`
    insert into channels (name, provider, reason, changed_at) values (${channel}, ${provider}, ${untrustedText(reason)}, ${now})
    on conflict (name) do update set reason = excluded.reason, changed_at = excluded.changed_at
      where channels.paused_at is null`.execute(database);
}

export async function noteConnected(database: Database, channel: string, now: Date): Promise<void> {
  await sql`
    update channels set reason = null, changed_at = ${now}
    where name = ${channel} and paused_at is null and reason is not null`.execute(database);
}

/** A worker that was not reached tries again sooner; whoever noted it may have been stopped since. */
const unconnectedFor = "10 minutes";

/** The same length from now by the database's clock, where that is earlier. */
function noLater(until: Date, now: Date): RawBuilder<Date> {
  return sql`least(${until}::timestamptz, clock_timestamp() + (${until}::timestamptz - ${now}::timestamptz))`;
}

/**
 * Lets a channel that is paused, or was told to wait, hand over again, and with it what was put off then; false when it
 * was neither. Throws while the database is held back.
 */
export async function resumeChannel(
  database: Database,
  channel: string,
  now: Date,
): Promise<boolean> {
  await refuseWhileRestored(database, channel);
  const { rows } = await sql<{ wasToldToWait: boolean }>`
    with before as (select name, throttled_until > ${now} as told from channels where name = ${channel} for update)
    update channels set paused_at = null, reason = null, throttled_until = null, resumed_at = ${now}, changed_at = ${now}
    from before where channels.name = before.name and (channels.paused_at is not null or before.told)
    returning coalesce(before.told, false) as "wasToldToWait"`.execute(database);
  if (rows[0]?.wasToldToWait === true) await hurry(database, channel, now);
  return rows.length > 0;
}

/** What the provider put off; a message that it found something wrong with keeps to its own time. */
async function hurry(database: Database, channel: string, now: Date): Promise<void> {
  await sql`
    update messages set due_at = ${now} where channel = ${channel} and class in ('transactional', 'marketing')
      and needs = 'delivery' and due_at > ${now} and state = 'retry' and strikes = 0`.execute(
    database,
  );
}

/** The state of each of the configured channels, in their order. */
export async function channelStates(
  database: Database,
  channels: readonly ConfiguredChannel[],
  now: Date,
): Promise<ChannelState[]> {
  const of = <T>(read: (channel: ConfiguredChannel) => T) => channels.map(read);
  const { rows } = await sql<ChannelState>`
    select configured.name, configured.provider, state.paused_at as "pausedAt", unconnected.at as "unconnectedAt",
      case when coalesce(state.paused_at, unconnected.at) is not null then state.reason end as reason,
      case when state.throttled_until > ${now} then state.throttled_until end as "throttledUntil",
      case when places.taken >= configured.rate then places.next_at end as "placeAt",
      (select count(*)::int from (select from messages where channel = configured.name and needs = 'delivery'
        and class in ('transactional', 'marketing') and due_at <= ${now} limit ${dueCountedTo}) as due) as due,
      oldest.due_at as "oldestDueAt",
      ${inFlight(sql`configured.name`)} as "inFlight"
    from unnest(${of(({ name }) => name)}::text[], ${of(({ provider }) => provider)}::text[], ${of(({ rate }) => rate?.count ?? null)}::int[])
      with ordinality as configured (name, provider, rate, position)
    left join channels state on state.name = configured.name
    cross join lateral (select case when state.paused_at is null and state.reason is not null
      and state.changed_at > ${now}::timestamptz - ${unconnectedFor}::interval then state.changed_at end as at) as unconnected
    cross join lateral (select sum(places) as taken, min(free_at) as next_at from call_places
      where channel = configured.name and free_at > clock_timestamp() and places > 0) as places
    cross join lateral (select case when at <= ${now} then at end as due_at from (select ${oldestDue(sql`configured.name`)} as at) as first) as oldest
    order by configured.position`.execute(database);
  return rows;
}
