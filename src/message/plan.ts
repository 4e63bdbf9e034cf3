import { type RawBuilder, type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { type Duration, interval } from "../duration.ts";
import { decidingConsent, isPermitted } from "./permission.ts";

/** A send step about to be executed for a set of enrollments. */
export interface Planning {
  readonly enrollments: readonly string[];
  readonly step: {
    readonly id: string;
    readonly template: string;
    /** Most wanted first. */ readonly by: readonly string[];
  };
  readonly class: "marketing" | "transactional";
  readonly topic: string | null;
  readonly maxLateness: Duration;
  /** Which time it is that an enrollment comes by the step, from 0; an expression over the alias `enrollment`. */
  readonly occurrence: RawBuilder<number>;
  readonly now: Date;
}

/**
 * Plans one message for each enrollment, on the first channel of `by` that can reach the customer (an address that is
 * not suppressed, and consent for the topic). Who cannot be reached gets a `suppressed` row that says so, that nobody
 * is passed over in silence. Planning twice plans once (constraint messages_once). Part of the caller's transaction,
 * which also moves the enrollments on.
 */
export async function planMessages(
  transaction: Transaction<Tables>,
  planning: Planning,
): Promise<void> {
  const { step, topic, now } = planning;
  const asked = {
    customerId: sql`customer.id`,
    channel: sql`wanted.channel`,
    topic: sql`${topic}::text`,
    now,
  };
  await sql`
    insert into messages (enrollment_id, journey_id, version_id, customer_id, step, channel, occurrence,
                          template, class, topic, state, reason, due_at, expires_at, planned_at)
    select enrollment.id, enrollment.journey_id, enrollment.version_id, customer.id, ${step.id},
           coalesce(reach.channel, ${step.by[0]}), ${planning.occurrence}, ${step.template}, ${planning.class}, ${topic}::text,
           case when reach.channel is null then 'suppressed' else 'planned' end,
           case when reach.channel is null then 'no channel reaches the customer' end,
           ${now}, ${now}::timestamptz + ${interval(planning.maxLateness)}::interval, ${now}
    from enrollments enrollment
    join customers customer on customer.id = enrollment.customer_id
    left join lateral (
      select wanted.channel
      from unnest(${step.by}::text[]) with ordinality as wanted (channel, rank)
      cross join lateral address_on(wanted.channel, customer.email, customer.phone, customer.attributes) as reached (address)
      left join ${decidingConsent(asked)} as consent on true
      where reached.address is not null
        and not exists (select from suppressions s where s.channel = wanted.channel and s.address = reached.address)
        and ${isPermitted(sql`wanted.channel`, sql`${planning.class}::text`, "consent")}
      order by wanted.rank
      limit 1
    ) as reach on true
    where enrollment.id = any(${planning.enrollments}::bigint[])
    on conflict on constraint messages_once do nothing`.execute(transaction);
}
