import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";

/** A report that was not known before, and the message it is about. */
export interface FreshReport {
  readonly provider: string;
  readonly eventId: string;
  readonly messageId: string;
}

/** What a kind of report says of its attempt, in the order in which one outranks another. */
const rankOf = (kind: RawBuilder<unknown>) => sql`case ${kind}
  when 'delivered' then 5 when 'bounced' then 4 when 'failed' then 3
  when 'blocked' then 2 when 'throttled' then 2 when 'quiet_hours' then 2 when 'misconfigured' then 2
  when 'opt_out' then 0 when 'opt_in' then 0 when 'help' then 0 when 'reply' then 0 when 'other' then 0
  else 1 end`;

/**
 * When a message that was surely not delivered goes out again; null when it does not. A block may pass in hours, and is
 * tried twice. What overran the provider's queue waits until some of that has gone. Whose night it is the provider knows
 * better than our zones do, so it is asked again every two hours. The fault of an account keeps every message open.
 */
const againAt = (now: Date) => sql`case told.kind
  when 'misconfigured' then ${now}::timestamptz
  when 'throttled' then ${now}::timestamptz + interval '15 minutes'
  when 'quiet_hours' then ${now}::timestamptz + interval '2 hours'
  when 'blocked' then case when stood.strikes < 2 then ${now}::timestamptz + (stood.strikes + 1) * interval '3 hours' end end`;

/**
 * Brings messages up to what the reports on their present attempt together say, whatever order these came in: they were
 * accepted, put off, failed, bounced, delivered, and only rise. What was known before a message was put off or replayed
 * does not hold it back. Complaints and unsubscribes attach beside, and never un-deliver. Any report about an attempt
 * proves that the provider has it: so it resolves `sending` and `unknown`, and ends a planned repetition.
 */
export async function raiseStates(
  transaction: Database,
  fresh: readonly FreshReport[],
  now: Date,
): Promise<void> {
  await sql`
    with fresh as (
      select * from unnest(${fresh.map((one) => one.provider)}::text[], ${fresh.map((one) => one.eventId)}::text[]) as fresh (provider, event_id)
    ), stood as (
      select id, attempts, strikes, expires_at,
        case state when 'delivered' then 5 when 'bounced' then 4 when 'failed' then 3 when 'accepted' then 1 else 0 end as rank
      from messages where id = any(${fresh.map((one) => one.messageId)}::bigint[]) and attempts > 0
    ), ranked as (
      select reports.*, ${rankOf(sql`kind`)} as rank, fresh.event_id is null as known,
        kind = 'delivered' or coalesce(attempt, 1) = stood.attempts as present
      from stood join reports on reports.message_id = stood.id
      left join fresh on fresh.provider = reports.provider and fresh.event_id = reports.event_id
    ), told as (
      select message_id, coalesce(max(rank) filter (where present), 0) as rank,
        coalesce(max(rank) filter (where present and known), 0) as known_rank,
        min(at) filter (where present and rank > 0) as accepted_at,
        min(at) filter (where kind = 'delivered') as delivered_at,
        min(at) filter (where kind = 'bounced') as bounced_at,
        min(at) filter (where kind = 'complained') as complained_at,
        min(at) filter (where kind in ('unsubscribed', 'opt_out')) as unsubscribed_at,
        (array_agg(kind order by rank desc, at, event_id) filter (where present))[1] as kind,
        (array_agg(nullif(concat_ws(' ', code, detail), '') order by rank desc, at, event_id) filter (where present))[1] as reason
      from ranked group by message_id
    ), decided as (
      select told.*, told.rank > greatest(told.known_rank, stood.rank) as rises, told.rank in (3, 4) and told.rank = stood.rank as explains,
        case when told.rank = 2 and (told.kind = 'misconfigured' or again.at < stood.expires_at) then again.at end as again_at
      from told join stood on stood.id = told.message_id cross join lateral (select ${againAt(now)} as at) as again
    )
    update messages set
      state = case when not rises then state when again_at is not null then 'retry'
        else (array['accepted', 'failed', 'failed', 'bounced', 'delivered'])[rank] end,
      reason = case when rises and rank in (1, 5) then null when rises or explains then decided.reason else messages.reason end,
      due_at = case when rises then coalesce(again_at, due_at) else due_at end,
      strikes = case when rises and again_at is not null and kind = 'blocked' then strikes + 1 else strikes end,
      accepted_at = case when rank > 0 then greatest(sent_at, least(messages.accepted_at, decided.accepted_at)) else messages.accepted_at end,
      delivered_at = least(messages.delivered_at, decided.delivered_at),
      bounced_at = least(messages.bounced_at, decided.bounced_at),
      complained_at = least(messages.complained_at, decided.complained_at),
      unsubscribed_at = least(messages.unsubscribed_at, decided.unsubscribed_at)
    from decided where messages.id = decided.message_id`.execute(transaction);
}

/** The call whose outcome nobody saw was accepted after all. */
export async function resolveAttempts(
  transaction: Database,
  messageIds: readonly string[],
  now: Date,
): Promise<void> {
  await sql`
    update attempts set outcome = 'accepted', finished_at = coalesce(finished_at, ${now})
    where message_id = any(${messageIds}::bigint[]) and (outcome is null or outcome = 'unknown')
      and exists (select from reports where reports.message_id = attempts.message_id and coalesce(reports.attempt, 1) = attempts.number
        and reports.kind not in ('opt_out', 'opt_in', 'help', 'reply', 'other'))`.execute(
    transaction,
  );
}
