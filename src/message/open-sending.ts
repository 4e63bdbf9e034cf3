import { hash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import type { Provider } from "../channel/channel.ts";
import { untrustedTextOrNull } from "../channel/untrusted-text.ts";
import type { Database } from "../database/database.ts";
import { type CapRule, placed } from "./cap.ts";
import type { Composed } from "./compose.ts";
import { decidingConsent, isHeldOff, isPermitted } from "./permission.ts";

/** The rules of a channel that hold at the moment of sending. */
export interface SendingRules {
  readonly provider: string;
  readonly carrier: Pick<Provider, "lookUp">;
  readonly hours: { readonly from: string; readonly until: string } | null;
  /** All must have a place for a marketing message. */
  readonly caps: readonly CapRule[];
  /** Zones a customer of unknown zone may be in; the hours must suit them all. */
  readonly unknownZones: readonly string[];
  /** Longer than the whole-call deadline: until then nobody takes an opened message for abandoned. */
  readonly leaseSeconds: number;
}

/** The claim that the messages are of. Once it has been given up for dead nothing of it is opened. */
export interface Held {
  readonly claim: string;
  readonly channel: string;
}

export interface Cleared {
  readonly id: string;
  readonly address: string;
}

/**
 * Writes `sending` and the attempt for those messages of a batch that may go now, and returns them; the provider may be
 * called once this has committed, and not before. Consent, suppression, cap, hours, lateness and pauses are read in
 * this very transaction. The others become suppressed or expired with their reason, or wait for a better hour.
 *
 * Where there are caps, customers are locked in id order, so that two batches cannot both spend a customer's last place.
 */
export async function openSending(
  database: Database,
  { claim, channel }: Held,
  batch: readonly Composed[],
  rules: SendingRules,
  now: Date,
): Promise<Cleared[]> {
  if (batch.length === 0) return [];
  const judge = async (session: Database) =>
    (await verdicts({ claim, channel }, batch, rules, now).execute(session)).rows;
  // One statement is one transaction, and three round trips fewer.
  if (rules.caps.length === 0) return judge(database);
  const ids = batch.map(({ message }) => message.id);
  return database.transaction().execute(async (transaction) => {
    await sql`select id from customers where id in (select customer_id from messages where id = any(${ids}::bigint[]))
      order by id for no key update`.execute(transaction);
    return judge(transaction);
  });
}

function verdicts(
  { claim, channel }: Held,
  batch: readonly Composed[],
  rules: SendingRules,
  now: Date,
): RawBuilder<Cleared> {
  const asked = {
    customerId: sql`m.customer_id`,
    channel: sql`m.channel`,
    topic: sql`m.topic`,
    now,
  };
  const later = rules.hours === null ? sql`null::timestamptz` : sql`hours.opens_at`;
  return sql<Cleared>`/* prepared */
    with durable as (
      select set_config('synchronous_commit', 'on', true)
    ), held as (
      update claims set lease_until = greatest(lease_until, clock_timestamp() + ${rules.leaseSeconds} * interval '1 second')
      where id = ${claim} returning id
    ), offered as (
      select * from unnest(${batch.map(({ message }) => message.id)}::bigint[], ${batch.map(({ message }) => message.openedBy)}::uuid[],
        ${batch.map(({ outgoing }) => untrustedTextOrNull(outgoing.subject))}::text[],
        ${batch.map(({ outgoing }) => hashOf(outgoing.text, rules))}::text[]) as offered (id, opened_by, subject, text_sha256)
    -- "is true", so that rows are found by their id and not among all that is due.
    ), seen as (
      select m.id, m.claim_id, m.customer_id, m.due_at, m.expires_at, m.class, m.channel, m.topic, m.priority, offered.subject, offered.text_sha256, consent.consent_id, reach.address,
             suppressed.reason as suppressed_for,
             ${isPermitted(sql`m.channel`, sql`m.class`, "consent")} as permitted,
             case when m.class = 'marketing' then ${later} end as opens_at,
             j.state = 'paused' or resting.name is not null as paused
      from offered
      cross join held
      join messages m on m.id = offered.id and m.claim_id is not distinct from offered.opened_by and (m.needs = 'delivery') is true
      join customers c on c.id = m.customer_id
      join journeys j on j.id = m.journey_id
      cross join lateral address_on(m.channel, c.email, c.phone, c.attributes) as reach (address)
      left join channels resting on resting.name = ${channel} and (resting.paused_at is not null or resting.throttled_until > least(${now}, statement_timestamp()))
      left join suppressions suppressed on suppressed.channel = m.channel and suppressed.address = reach.address and ${isHeldOff("suppressed", sql`m.class`)}
      left join ${decidingConsent(asked)} as consent on true
      ${rules.hours === null ? sql`` : openingHours(rules.hours, rules.unknownZones, now)}
    ), allowed as (
      select seen.*, case
        when paused then 'planned'
        when expires_at <= ${now} then 'expired'
        when address is null or suppressed_for is not null or not permitted then 'suppressed'
        when opens_at is not null then case when opens_at < expires_at then 'planned' else 'expired' end
        else 'sending' end as answer
      from seen
    ), judged as (
      ${rules.caps.length === 0 ? sql`select allowed.*, null::timestamptz as free_at, answer as verdict from allowed` : placed(rules.caps, now)}
    ), written as (
      update messages m set
        state = verdict,
        reason = case when verdict = 'sending' or paused then null
          when verdict = 'expired' and opens_at is not null and m.expires_at > ${now} then 'the permitted hours begin too late'
          when verdict = 'expired' then 'later than the journey allows'
          when judged.address is null then 'no address'
          when suppressed_for is not null then 'address ' || suppressed_for
          when not permitted then 'no consent'
          when opens_at is not null then 'outside the permitted hours'
          else 'frequency cap' end,
        due_at = case when verdict = 'planned' and not paused then coalesce(opens_at, free_at, m.due_at) else m.due_at end,
        claim_id = case when verdict = 'sending' then ${claim} else m.claim_id end,
        attempts = case when verdict = 'sending' then m.attempts + 1 else m.attempts end,
        sent_at = case when verdict = 'sending' then ${now} else m.sent_at end,
        subject = case when verdict = 'sending' then judged.subject else m.subject end,
        address = case when verdict = 'sending' then judged.address else m.address end,
        consent_id = case when verdict = 'sending' then judged.consent_id else m.consent_id end,
        provider = case when verdict = 'sending' then ${rules.provider} else m.provider end
      -- Read anew when somebody else held the row: the message may have been taken back or sent meanwhile.
      from judged where m.id = judged.id and m.claim_id is not distinct from judged.claim_id and (m.needs = 'delivery') is true
      returning m.id, m.state, m.attempts, m.address, judged.text_sha256
    ), attempted as (
      insert into attempts (message_id, number, provider, started_at, opened_at, text_sha256)
      select id, attempts, ${rules.provider}, ${now}, clock_timestamp(), decode(text_sha256, 'hex') from written where state = 'sending'
    )
    select id, address from written cross join durable where state = 'sending'`;
}

/** Only a provider that can be asked has something to compare it with. */
function hashOf(text: string, { carrier }: SendingRules): string | null {
  return carrier.lookUp === undefined ? null : hash("sha256", text);
}

/**
 * When it is within the permitted hours again in every zone the customer may be in; null while it is, infinity when it
 * never is. Tried are the times the hours begin at over the next days, and the quarters of an hour before each: a clock
 * that is put forward may skip the beginning, and one that is put back has it twice.
 */
function openingHours(
  { from, until }: { from: string; until: string },
  unknownZones: readonly string[],
  now: Date,
): RawBuilder<unknown> {
  const at = sql`${now}::timestamptz`;
  const isClosed = (instant: RawBuilder<unknown>) => sql`exists (
    select from unnest(there.zones) as zone where (${instant} at time zone zone)::time < ${from}::time or (${instant} at time zone zone)::time >= ${until}::time)`;
  return sql`cross join lateral (select case when c.zone is null then ${unknownZones}::text[] else array[c.zone] end as zones) as there
    cross join lateral (select case when ${isClosed(at)} then coalesce((
      select min(instant)
      from unnest(there.zones) as zone, generate_series(0, 2) as days, generate_series(0, 8) as quarters,
        lateral (select ((${at} at time zone zone)::date + days + ${from}::time) at time zone zone as beginning) as day,
        unnest(array[beginning - quarters * interval '15 minutes', date_bin('15 minutes', beginning, ${at}::date) - quarters * interval '15 minutes']) as instant
      where instant > ${at} and not ${isClosed(sql`instant`)}), 'infinity') end as opens_at) as hours`;
}
