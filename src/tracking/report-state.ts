import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/**
 * Brings messages up to what all their reports together say, whatever order these came in. States only rise: accepted,
 * failed, bounced, delivered; bounces, complaints and unsubscribes attach beside and never un-deliver. Any report about
 * a message proves that its provider has it: so it resolves `sending` and `unknown`, and ends a planned repetition.
 */
export async function raiseStates(
  transaction: Database,
  messageIds: readonly string[],
): Promise<void> {
  await sql`
    with told as (
      select message_id, max(rank) as rank, min(at) filter (where rank > 0) as accepted_at,
        min(at) filter (where kind = 'delivered') as delivered_at,
        min(at) filter (where kind = 'bounced') as bounced_at,
        min(at) filter (where kind = 'complained') as complained_at,
        min(at) filter (where kind in ('unsubscribed', 'opt_out')) as unsubscribed_at,
        (array_agg(nullif(concat_ws(' ', code, detail), '') order by rank desc, at, event_id))[1] as reason
      from (select reports.*, case kind
          when 'delivered' then 4 when 'bounced' then 3 when 'blocked' then 2 when 'failed' then 2
          when 'opt_out' then 0 when 'opt_in' then 0 when 'help' then 0 when 'reply' then 0 when 'other' then 0
          else 1 end as rank
        from reports where message_id = any(${messageIds}::bigint[])) ranked
      group by message_id
    ), stood as (
      select id, case state when 'delivered' then 4 when 'bounced' then 3 when 'failed' then 2 when 'accepted' then 1 else 0 end as rank
      from messages where id = any(${messageIds}::bigint[]) and attempts > 0
    )
    update messages set
      state = case when told.rank > stood.rank then (array['accepted', 'failed', 'bounced', 'delivered'])[told.rank] else state end,
      reason = case when told.rank in (2, 3) and told.rank >= stood.rank then told.reason
        when told.rank > stood.rank then null else messages.reason end,
      lease_until = case when told.rank > 0 then null else lease_until end,
      accepted_at = case when told.rank > 0 then greatest(sent_at, least(messages.accepted_at, told.accepted_at)) else messages.accepted_at end,
      delivered_at = least(messages.delivered_at, told.delivered_at),
      bounced_at = least(messages.bounced_at, told.bounced_at),
      complained_at = least(messages.complained_at, told.complained_at),
      unsubscribed_at = least(messages.unsubscribed_at, told.unsubscribed_at)
    from told join stood on stood.id = told.message_id
    where messages.id = told.message_id`.execute(transaction);
}

/** The call whose outcome nobody saw was accepted after all. */
export async function resolveAttempts(
  transaction: Database,
  messageIds: readonly string[],
  now: Date,
): Promise<void> {
  await sql`
    update attempts set outcome = 'accepted', finished_at = coalesce(finished_at, ${now})
    from messages
    where messages.id = any(${messageIds}::bigint[]) and messages.state in ('accepted', 'delivered', 'bounced', 'failed')
      and attempts.message_id = messages.id and attempts.number = messages.attempts
      and (attempts.outcome is null or attempts.outcome = 'unknown')
      and exists (select from reports where reports.message_id = messages.id
        and reports.kind not in ('opt_out', 'opt_in', 'help', 'reply', 'other'))`.execute(
    transaction,
  );
}
