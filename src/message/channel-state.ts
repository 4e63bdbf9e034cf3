import { type RawBuilder, sql } from "kysely";
import { untrustedText } from "../channel/untrusted-text.ts";
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
  /** At most 100,000: counting ends there. */
  readonly due: number;
  readonly oldestDueAt: Date | null;
  readonly inFlight: number;
}

/** How many messages of a channel are with the provider, or may be. */
export function inFlight(channel: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(select count(*)::int from claims join messages m on ${isOpen} where claims.channel = ${channel})`;
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

/** Keeps every worker from calling the provider before the time it named. A shorter wish does not cut a longer one. */
export async function throttleChannel(
  database: Database,
  channel: string,
  provider: string,
  until: Date,
  now: Date,
): Promise<void> {
  await sql`
    insert into channels (name, provider, throttled_until, changed_at) values (${channel}, ${provider}, ${until}, ${now})
    on conflict (name) do update set changed_at = excluded.changed_at,
      throttled_until = greatest(channels.throttled_until, excluded.throttled_until)`.execute(
    database,
  );
}

/** Lets a paused channel hand over again; false when it was not paused. Throws while the database is held back. */
export async function resumeChannel(
  database: Database,
  channel: string,
  now: Date,
): Promise<boolean> {
  await refuseWhileRestored(database, channel);
  const resumed = await database
    .updateTable("channels")
    .set({ paused_at: null, reason: null, resumed_at: now, changed_at: now })
    .where("name", "=", channel)
    .where("paused_at", "is not", null)
    .executeTakeFirst();
  return resumed.numUpdatedRows > 0n;
}

/** The state of each of the configured channels, in their order. */
export async function channelStates(
  database: Database,
  channels: readonly { name: string; provider: string }[],
  now: Date,
): Promise<ChannelState[]> {
  const { rows } = await sql<ChannelState>`
    select configured.name, configured.provider, state.paused_at as "pausedAt", state.reason,
      case when state.throttled_until > ${now} then state.throttled_until end as "throttledUntil",
      (select count(*)::int from (select from messages where channel = configured.name and needs = 'delivery'
        and class in ('transactional', 'marketing') and due_at <= ${now} limit ${dueCountedTo}) as due) as due,
      oldest.due_at as "oldestDueAt",
      ${inFlight(sql`configured.name`)} as "inFlight"
    from unnest(${channels.map(({ name }) => name)}::text[], ${channels.map(({ provider }) => provider)}::text[])
      with ordinality as configured (name, provider, position)
    left join channels state on state.name = configured.name
    left join lateral (select min(first.due_at) as due_at from unnest(array['transactional', 'marketing']) as kind,
      lateral (select due_at from messages where channel = configured.name and class = kind
        and needs = 'delivery' and due_at <= ${now} order by due_at limit 1) as first) as oldest on true
    order by configured.position`.execute(database);
  return rows;
}
