import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { ToldReport } from "./matching.ts";

/** So long a channel hands nothing over once the provider's queue was too full for what it had taken. */
const rest = "5 minutes";

/**
 * What reports say of whole channels. The fault of an account pauses its channel, before it burns the audience; not
 * when somebody resumed it since the call. A full queue slows it.
 */
export async function restChannels(
  transaction: Database,
  fresh: readonly ToldReport[],
  now: Date,
): Promise<void> {
  const of = (kind: ToldReport["report"]["kind"]) =>
    fresh.filter(({ message, report }) => message !== null && report.kind === kind);
  await pauseFaulty(transaction, of("misconfigured"), now);
  await slow(transaction, of("throttled"), now);
}

async function pauseFaulty(
  transaction: Database,
  faults: readonly ToldReport[],
  now: Date,
): Promise<void> {
  if (faults.length === 0) return;
  await sql`
    insert into channels (name, provider, paused_at, reason, changed_at)
    select distinct on (message.channel) message.channel, fault.provider, ${now}::timestamptz, concat_ws(' ', report.code, report.detail), ${now}::timestamptz
    from unnest(${faults.map((one) => one.provider)}::text[], ${faults.map((one) => one.report.eventId)}::text[]) as fault (provider, event_id)
    join reports report using (provider, event_id)
    join messages message on message.id = report.message_id
    left join attempts made on made.message_id = report.message_id and made.number = report.attempt
    left join channels channel on channel.name = message.channel
    where channel.resumed_at is null or coalesce(made.started_at, message.sent_at) > channel.resumed_at
    order by message.channel, report.at, report.event_id
    on conflict (name) do update set paused_at = excluded.paused_at, reason = excluded.reason, changed_at = excluded.changed_at
      where channels.paused_at is null`.execute(transaction);
}

async function slow(
  transaction: Database,
  overruns: readonly ToldReport[],
  now: Date,
): Promise<void> {
  if (overruns.length === 0) return;
  await sql`
    insert into channels (name, provider, throttled_until, changed_at)
    select distinct on (channel) channel, provider, least(${now}::timestamptz, clock_timestamp()) + ${rest}::interval, ${now}::timestamptz
    from unnest(${overruns.map(({ message }) => message?.channel)}::text[], ${overruns.map((one) => one.provider)}::text[]) as overrun (channel, provider)
    order by channel, provider
    on conflict (name) do update set changed_at = excluded.changed_at,
      throttled_until = greatest(channels.throttled_until, excluded.throttled_until)`.execute(
    transaction,
  );
}
