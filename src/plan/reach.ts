import { type RawBuilder, type Transaction, sql } from "kysely";
import type { Cap } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import type { Journey } from "../journey/journey.ts";
import { decidingConsent, isPermitted } from "../message/permission.ts";
import { within } from "./budget.ts";

/** What becomes of a message to a customer on one channel, were it sent now. */
export type Standing = "reached" | "no address" | "suppressed" | "no consent" | "cap";

/** Customers for whom the channels, in the order they were asked for, stand so. */
interface Pattern {
  readonly standings: readonly Standing[];
  readonly customers: number;
}

/** How a journey's audience can be reached, on a sample of it. */
export interface Reach {
  readonly channels: readonly string[];
  /** How many customers were looked at. */
  readonly sample: number;
  readonly patterns: readonly Pattern[];
}

/** What a customer may get of a topic, on a channel, or of a topic on a channel. */
export interface ScopedCap {
  readonly channel: string | null;
  readonly topic: string | null;
  readonly cap: Cap;
}

export interface Reaching {
  readonly journey: Pick<Journey, "class" | "topic">;
  readonly channels: readonly string[];
  readonly caps: readonly ScopedCap[];
  readonly now: Date;
  readonly limitMs: number;
}

/** Asks what planning and sending ask (message/permission.ts), of up to some thousand customers of the audience. */
export async function reachOf(
  database: Database,
  customers: RawBuilder<unknown>,
  { journey, channels, caps, now, limitMs }: Reaching,
): Promise<Reach | null> {
  if (channels.length === 0) return null;
  const topic = sql`${journey.topic}::text`;
  const asked = { customerId: sql`customer.id`, channel: sql`wanted.channel`, topic, now };
  const ask = async (session: Transaction<Tables>) => {
    const query = sql<{ standings: Standing[]; customers: string }>`
      select standings, count(*) as customers from (
        select array_agg(standing order by rank) as standings from (
          select customer.id, wanted.rank, case
            when reached.address is null then 'no address'
            when exists (select from suppressions s where s.channel = wanted.channel and s.address = reached.address) then 'suppressed'
            when not (${isPermitted(sql`wanted.channel`, sql`${journey.class}::text`, "consent")}) then 'no consent'
            when ${journey.class === "marketing" ? isAtCap(caps, journey.topic, now) : sql`false`} then 'cap'
            else 'reached' end as standing
          from (${customers}) as audience join customers as customer on customer.id = audience.id
          cross join unnest(${channels}::text[]) with ordinality as wanted (channel, rank)
          cross join lateral address_on(wanted.channel, customer.email, customer.phone, customer.attributes) as reached (address)
          left join ${decidingConsent(asked)} as consent on true
        ) as each group by id
      ) as looked_at group by standings order by customers desc`;
    return (await query.execute(session)).rows;
  };
  const rows = await within(database, limitMs, ask, "few");
  if (rows === undefined) return null;
  const patterns = rows.map((row) => ({ ...row, customers: Number(row.customers) }));
  const sample = patterns.reduce((sum, one) => sum + one.customers, 0);
  return sample === 0 ? null : { channels, sample, patterns };
}

/** Whether the customer has had as many messages as a cap allows that the message falls under. */
function isAtCap(caps: readonly ScopedCap[], topic: string | null, now: Date): RawBuilder<boolean> {
  const ours = caps.filter((one) => one.topic === null || one.topic === topic);
  if (ours.length === 0) return sql<boolean>`false`;
  return sql<boolean>`exists (
    select from unnest(${ours.map((one) => one.channel)}::text[], ${ours.map((one) => one.topic)}::text[],
      ${ours.map((one) => one.cap.count)}::int[], ${ours.map((one) => interval(one.cap.within))}::interval[]) as cap (channel, topic, most, within)
    where (cap.channel is null or cap.channel = wanted.channel) and cap.most <= (
      select count(*) from messages other
      where other.customer_id = customer.id and other.class = 'marketing' and other.sent_at > ${now}::timestamptz - cap.within
        and (cap.channel is null or other.channel = cap.channel) and (cap.topic is null or other.topic = cap.topic)
        and other.state in ('sending', 'accepted', 'delivered', 'bounced', 'unknown')))`;
}

/** Of all who come to a send step: the share each channel takes, and the share that gets nothing, by reason. */
export interface Taken {
  readonly by: Readonly<Record<string, number>>;
  readonly lost: Readonly<Partial<Record<Exclude<Standing, "reached">, number>>>;
}

/**
 * Each customer gets the message on the first channel that reaches them. A cap does not send them on to the next: it is
 * looked at when the message goes out.
 */
export function takenBy(reach: Reach | null, by: readonly string[]): Taken {
  const [wanted] = by;
  if (reach === null) return { by: wanted === undefined ? {} : { [wanted]: 1 }, lost: {} };
  const taken: Record<string, number> = {};
  const lost: Partial<Record<Exclude<Standing, "reached">, number>> = {};
  for (const { standings, customers } of reach.patterns) {
    const share = customers / reach.sample;
    const on = (channel: string) => standings[reach.channels.indexOf(channel)] ?? "no address";
    const first = by.find((channel) => on(channel) === "reached" || on(channel) === "cap");
    const standing = on(first ?? wanted ?? "");
    if (first !== undefined && standing === "reached") taken[first] = (taken[first] ?? 0) + share;
    else if (standing !== "reached") lost[standing] = (lost[standing] ?? 0) + share;
  }
  return { by: taken, lost };
}
