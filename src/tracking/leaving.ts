import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** A customer no longer wants messages on a channel about a topic; `*` is every one. */
export interface Leaving {
  readonly customerId: string;
  readonly channel: string;
  readonly topic: string;
}

/**
 * Suppresses at once what is planned for customers who leave, as far as the ledger of consent says that they did: call
 * it after the withdrawal is written. Transactional messages stay, unless all topics of a phone channel were withdrawn
 * (47 CFR 64.1200(a)(10)). Who has claimed such a message cannot open it any more. What is being opened at this very moment
 * counts as sent before the customer left.
 */
export async function suppressPlanned(
  transaction: Database,
  leaving: readonly Leaving[],
  now: Date,
): Promise<void> {
  if (leaving.length === 0) return;
  const asked = sql`unnest(${leaving.map((one) => one.customerId)}::bigint[], ${leaving.map((one) => one.channel)}::text[],
      ${leaving.map((one) => one.topic)}::text[]) as leaving (customer_id, channel, topic)`;
  const isLeft = sql`m.customer_id = leaving.customer_id
      and leaving.channel in (m.channel, '*') and leaving.topic in (m.topic, '*')
      and (m.class = 'marketing' or (leaving.topic = '*' and m.channel <> 'email'))
      and not exists (select from deciding_consent(m.customer_id, m.channel, m.topic, ${now}) as consent
        where consent.granted)`;
  // Waiting for a batch that is being opened could end in a deadlock with it; what is locked for another reason is asked
  // about its consent once more before it goes.
  await sql`
    update messages set state = 'suppressed', reason = 'unsubscribed'
    where id in (select m.id from ${asked} join messages m on ${isLeft} and m.needs = 'delivery' for update of m skip locked)`.execute(
    transaction,
  );
}
