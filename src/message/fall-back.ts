import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { decidingConsent, isHeldOff, isPermitted } from "./permission.ts";

/** Messages looked at in one go. */
const limit = 1000;

/**
 * Plans the next channel for messages that did not arrive and whose step says `fallback: true`: they bounced, failed for
 * good, or were suppressed at the last look. One whose outcome is unknown may have arrived, and is left alone. The new
 * message is of the same occurrence and has what is left of the same term; the first channel that reaches the customer now
 * is taken, once. Returns how many were planned.
 */
export async function fallBack(database: Database, now: Date): Promise<number> {
  const asked = {
    customerId: sql`lost.customer_id`,
    channel: sql`wanted.channel`,
    topic: sql`lost.topic`,
    now,
  };
  const { rows } = await sql<{ lost: number; planned: number }>`
    with lost as (
      select m.* from messages m
      where m.needs = 'fallback'
      order by m.id limit ${limit} for update skip locked
    ), done as (
      update messages m set fallback = null from lost where m.id = lost.id
    ), planned as (
      insert into messages (enrollment_id, journey_id, version_id, customer_id, step, channel, occurrence, template, class,
                            topic, priority, fallback, state, due_at, expires_at, planned_at)
      select lost.enrollment_id, lost.journey_id, lost.version_id, lost.customer_id, lost.step, reach.channel, lost.occurrence,
             lost.template, lost.class, lost.topic, lost.priority, nullif(lost.fallback[(reach.rank + 1)::int :], '{}'),
             'planned', ${now}, lost.expires_at, ${now}
      from lost
      join customers customer on customer.id = lost.customer_id
      cross join lateral (
        select wanted.channel, wanted.rank
        from unnest(lost.fallback) with ordinality as wanted (channel, rank)
        cross join lateral address_on(wanted.channel, customer.email, customer.phone, customer.attributes) as reached (address)
        left join ${decidingConsent(asked)} as consent on true
        where reached.address is not null
          and not exists (select from suppressions s where s.channel = wanted.channel and s.address = reached.address
            and ${isHeldOff("s", sql`lost.class`)})
          and ${isPermitted(sql`wanted.channel`, sql`lost.class`, "consent")}
        order by wanted.rank
        limit 1
      ) as reach
      where lost.expires_at > ${now}
      on conflict on constraint messages_once do nothing
      returning id
    )
    select (select count(*) from lost)::int as lost, (select count(*) from planned)::int as planned`.execute(
    database,
  );
  const { lost = 0, planned = 0 } = rows[0] ?? {};
  return lost < limit ? planned : planned + (await fallBack(database, now));
}
