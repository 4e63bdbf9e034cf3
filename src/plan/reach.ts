import { type RawBuilder, type Transaction, sql } from "kysely";
import type { Cap } from "../config-values.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import type { Journey } from "../journey/journey.ts";
import { decidingConsent, isHeldOff, isPermitted } from "../message/permission.ts";
import { within } from "./budget.ts";

/** What becomes of a message to a customer on one channel, were it sent now. A cap of theirs has a place again in so many days. */
type Standing = "reached" | "no address" | "suppressed" | "no consent" | `cap ${number}`;

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
            when exists (select from suppressions s where s.channel = wanted.channel and s.address = reached.address
              and ${isHeldOff("s", sql`${journey.class}::text`)}) then 'suppressed'
            when not (${isPermitted(sql`wanted.channel`, sql`${journey.class}::text`, "consent")}) then 'no consent'
            else coalesce('cap ' || ${journey.class === "marketing" ? daysAtCap(caps, journey.topic, now) : sql`null`}, 'reached') end as standing
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

/** In how many days the messages that a customer has had leave a place under all caps that the message falls under; null where they do now. */
function daysAtCap(
  caps: readonly ScopedCap[],
  topic: string | null,
  now: Date,
): RawBuilder<number | null> {
  const ours = caps.filter((one) => one.topic === null || one.topic === topic);
  if (ours.length === 0) return sql<null>`null`;
  return sql<number | null>`(
    select ceil(max(extract(epoch from free.at - ${now}::timestamptz)) / 86400)
    from unnest(${ours.map((one) => one.channel)}::text[], ${ours.map((one) => one.topic)}::text[],
      ${ours.map((one) => one.cap.count)}::int[], ${ours.map((one) => interval(one.cap.within))}::interval[]) as cap (channel, topic, most, within)
    cross join lateral (
      select other.sent_at + cap.within as at from messages other
      where other.customer_id = customer.id and other.class = 'marketing' and other.sent_at > ${now}::timestamptz - cap.within
        and (cap.channel is null or other.channel = cap.channel) and (cap.topic is null or other.topic = cap.topic)
        and other.state in ('sending', 'accepted', 'delivered', 'bounced', 'unknown')
      order by other.sent_at desc offset cap.most - 1 limit 1
    ) as free
    where cap.channel is null or cap.channel = wanted.channel)`;
}

type Loss = Exclude<Standing, "reached" | `cap ${number}`>;

/** Of all who come to a send step: the share each channel takes, and the share that gets nothing, by reason. */
export interface Taken {
  readonly by: readonly Share[];
  readonly lost: Readonly<Partial<Record<Loss, number>>>;
}

interface Share {
  /** Which of the patterns they are. */
  readonly pattern: number;
  readonly channel: string;
  readonly share: number;
  /** In how many days from now their caps have a place. */
  readonly capDays: number;
}

/**
 * Each customer gets the message on the first channel that reaches them. A cap does not send them on to the next: it is
 * looked at when the message goes out.
 */
export function takenBy(reach: Reach | null, by: readonly string[]): Taken {
  const [wanted] = by;
  if (reach === null)
    return {
      by: wanted === undefined ? [] : [{ pattern: 0, channel: wanted, share: 1, capDays: 0 }],
      lost: {},
    };
  const taken: Share[] = [];
  const lost: Partial<Record<Loss, number>> = {};
  for (const [pattern, { standings, customers }] of reach.patterns.entries()) {
    const share = customers / reach.sample;
    const on = (channel: string) => standings[reach.channels.indexOf(channel)] ?? "no address";
    const channel = by.find((each) => capDaysOf(on(each)) !== undefined);
    if (channel !== undefined) {
      taken.push({ pattern, channel, share, capDays: capDaysOf(on(channel)) ?? 0 });
      continue;
    }
    const why = on(wanted ?? "") as Loss;
    lost[why] = (lost[why] ?? 0) + share;
  }
  return { by: taken, lost };
}

/** Undefined where the customer is not reached. */
function capDaysOf(standing: Standing): number | undefined {
  if (standing === "reached") return 0;
  return standing.startsWith("cap ") ? Number(standing.slice(4)) : undefined;
}
