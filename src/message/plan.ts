import { type RawBuilder, type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { type Duration, interval } from "../duration.ts";
import { isDoubtful } from "./owed.ts";
import { decidingConsent, isHeldOff, isPermitted } from "./permission.ts";
import { whyUnreached } from "./unreached.ts";

/** A send step about to be executed for a set of enrollments. */
export interface Planning {
  readonly enrollments: readonly string[];
  readonly step: {
    readonly id: string;
    readonly template: string;
    /** Most wanted first. At least one. */
    readonly by: readonly string[];
    /** The one the customer answers most goes first, instead of the first of `by`. */
    readonly best?: boolean;
    /** When it does not arrive, the next channel is tried (fall-back.ts). */
    readonly fallback?: boolean;
  };
  /** Who gets a customer's last place under a cap: the higher. */
  readonly priority?: number;
  readonly class: "marketing" | "transactional";
  readonly topic: string | null;
  readonly maxLateness: Duration;
  /** Which time it is that an enrollment comes by the step, from 0; an expression over the alias `enrollment`. */
  readonly occurrence: RawBuilder<number>;
  readonly now: Date;
}

/**
 * Plans one message for each enrollment, on the first channel of `by` that can reach the customer (an address that is
 * not suppressed, and consent for the topic). Who cannot be reached gets a `suppressed` row that says why, that nobody
 * is passed over in silence. Marketing that the original of a restored backup may have sent is of unknown outcome. Planning twice plans once (constraint messages_once). Part of the caller's transaction,
 * which also moves the enrollments on.
 */
export async function planMessages(
  transaction: Transaction<Tables>,
  planning: Planning,
): Promise<void> {
  const { step, topic, now, priority = 0 } = planning;
  const channels = step.best === true ? sql`ranked.channels` : sql`${step.by}::text[]`;
  const others =
    step.fallback === true
      ? sql`nullif((${channels})[(reach.rank + 1)::int :], '{}')`
      : sql`null::text[]`;
  const asked = {
    customerId: sql`customer.id`,
    channel: sql`wanted.channel`,
    topic: sql<string | null>`${topic}::text`,
    now,
  };
  await sql`
    insert into messages (enrollment_id, journey_id, version_id, customer_id, step, channel, occurrence,
                          template, class, topic, priority, fallback, state, reason, sent_at, due_at, expires_at, planned_at)
    select enrollment.id, enrollment.journey_id, enrollment.version_id, customer.id, ${step.id},
           coalesce(reach.channel, (${channels})[1]), ${planning.occurrence}, ${step.template}, ${planning.class}, ${topic}::text,
           ${priority}, case when reach.channel is not null then ${others} end,
           case when reach.channel is null then 'suppressed' when doubt.remains then 'unknown' else 'planned' end,
           case when reach.channel is null then ${whyUnreached(step.by, asked.topic, sql`${planning.class}::text`)} when doubt.remains then ${mayBeSent} end,
           case when reach.channel is not null and doubt.remains then coalesce(enrollment.owed_at, enrollment.due_at) end,
           ${now}, ${now}::timestamptz + ${interval(planning.maxLateness)}::interval, ${now}
    from enrollments enrollment
    join customers customer on customer.id = enrollment.customer_id
    cross join lateral (select ${planning.class === "marketing" ? isDoubtful : sql`false`} as remains) as doubt
    ${step.best === true ? byEngagement(step.by, now) : sql``}
    left join lateral (
      select wanted.channel, wanted.rank
      from unnest(${channels}) with ordinality as wanted (channel, rank)
      cross join lateral address_on(wanted.channel, customer.email, customer.phone, customer.attributes) as reached (address)
      left join ${decidingConsent(asked)} as consent on true
      where reached.address is not null
        and not exists (select from suppressions s where s.channel = wanted.channel and s.address = reached.address
          and ${isHeldOff("s", sql`${planning.class}::text`)})
        and ${isPermitted(sql`wanted.channel`, sql`${planning.class}::text`, "consent")}
      order by wanted.rank
      limit 1
    ) as reach on true
    where enrollment.id = any(${planning.enrollments}::bigint[])
    on conflict on constraint messages_once do nothing`.execute(transaction);
}

/** Why a message is of unknown outcome that this database never sent. */
export const mayBeSent = "the original may have sent it after the backup";

/**
 * Joins the channels in the order in which the customer answers them: by messages clicked in the last 180 days, then by
 * messages opened (people only, never machines), then as given.
 */
function byEngagement(by: readonly string[], now: Date): RawBuilder<unknown> {
  return sql`cross join lateral (
      select array_agg(given.channel order by coalesce(answered.clicks, 0) desc, coalesce(answered.opens, 0) desc, given.rank) as channels
      from unnest(${by}::text[]) with ordinality as given (channel, rank)
      left join (
        select m.channel, count(m.clicked_at) as clicks, count(m.opened_at) as opens from messages m
        where m.customer_id = customer.id and m.sent_at > ${now}::timestamptz - interval '180 days'
        group by m.channel
      ) as answered on answered.channel = given.channel
    ) as ranked`;
}
