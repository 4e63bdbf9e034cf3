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
 * (47 CFR 64.1200(a)(10)). What a worker holds is taken from it by a raised fence, so that it cannot open what it has
 * read as welcome before. What it is opening at this very moment counts as sent before the customer left.
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
  await sql`
    update messages m set state = 'suppressed', reason = 'unsubscribed', lease_until = null
    from ${asked} where ${isLeft} and m.state in ('planned', 'retry')`.execute(transaction);
  // Waiting for a batch that is being opened could end in a deadlock with it.
  await sql`
    update messages set state = 'suppressed', reason = 'unsubscribed', lease_until = null, fence = fence + 1
    where id in (select m.id from ${asked} join messages m on ${isLeft} and m.state = 'claimed' for update of m skip locked)`.execute(
    transaction,
  );
}
