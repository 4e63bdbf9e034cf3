import { type RawBuilder, sql } from "kysely";
import type { Cap } from "../config-values.ts";
import { interval } from "../duration.ts";

/** A cap on marketing, over all journeys: of a channel, of a topic, or of a topic on a channel; null is any. */
export interface CapRule extends Cap {
  readonly channel: string | null;
  readonly topic: string | null;
}

/** The columns that the next stage needs of a message. */
const columns = sql.raw(
  `id, claim_id, customer_id, due_at, expires_at, class, channel, topic, priority, subject, text_sha256, consent_id, address, suppressed_for,
   permitted, opens_at, paused, answer`,
);

/**
 * The rows of `allowed` with a `verdict`, and with `free_at` where a cap has no place for them. The caps of topics are
 * asked before those of the whole channel, so that what the former hold back takes no place from others.
 *
 * Of a customer's messages those of higher priority go first, then those that were due first. One that is planned and due
 * within the cap's window keeps its place from those of lower priority: they wait until the cap is free, or are
 * suppressed where that is too late for them.
 */
export function placed(rules: readonly CapRule[], now: Date): RawBuilder<unknown> {
  const ordered = rules.toSorted((a, b) => Number(a.topic === null) - Number(b.topic === null));
  const all = ordered.reduce<RawBuilder<unknown>>(
    (source, rule) => sql`(
      select ${columns}, coalesce(free_at, ${freeAgain(rule, now)}) as free_at
      from (select source.*, ${mayTake(rule)} as asks,
              row_number() over (partition by customer_id, ${mayTake(rule)} order by priority desc, due_at, id) - 1 as turn
            from ${source} as source) as queued)`,
    sql`(select ${columns}, null::timestamptz as free_at from allowed)`,
  );
  return sql`select waiting.*, case when free_at is null then answer when free_at < expires_at then 'planned' else 'suppressed' end as verdict
    from ${all} as waiting`;
}

/** Whether a message takes a place under the cap if it is sent. */
function mayTake({ topic }: CapRule): RawBuilder<boolean> {
  const ofTopic = topic === null ? sql`true` : sql`topic = ${topic}`;
  return sql<boolean>`(class = 'marketing' and answer = 'sending' and free_at is null and ${ofTopic}) is true`;
}

/** When the cap has a place for the message; null when it has one now. */
function freeAgain(rule: CapRule, now: Date): RawBuilder<unknown> {
  const within = sql`${interval(rule.within)}::interval`;
  const alike = sql`other.customer_id = queued.customer_id and other.class = 'marketing'
    ${rule.channel === null ? sql`` : sql`and other.channel = ${rule.channel}`}
    ${rule.topic === null ? sql`` : sql`and other.topic = ${rule.topic}`}`;
  const sent = sql`from messages other
    where ${alike} and other.sent_at > ${now}::timestamptz - ${within}
      and other.state in ('sending', 'accepted', 'delivered', 'bounced', 'unknown')`;
  // What is judged beside it counts by its turn; of the batch only what has to wait can still be ahead of it.
  const ahead = sql`select queued.turn + count(*) as before from messages other
    where ${alike} and other.priority > queued.priority and other.needs = 'delivery'
      and other.due_at < ${now}::timestamptz + ${within} and other.expires_at > ${now}
      and not exists (select from journeys where journeys.id = other.journey_id and journeys.state = 'paused')
      and not exists (select from allowed beside where beside.id = other.id and beside.answer <> 'planned')`;
  return sql`case when asks then (
    select case when (select count(*) ${sent}) + ahead.before >= ${rule.count}
      then ${within} + coalesce(case when ahead.before < ${rule.count} then (
        select other.sent_at ${sent} order by other.sent_at desc offset ${rule.count}::bigint - 1 - ahead.before limit 1) end, ${now}::timestamptz) end
    from (${ahead}) as ahead) end`;
}
