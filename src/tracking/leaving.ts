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
 * (47 CFR 64.1200(a)(10)). What a worker already holds is stopped when it reads consent before the call.
 */
export async function suppressPlanned(
  transaction: Database,
  leaving: readonly Leaving[],
  now: Date,
): Promise<void> {
  if (leaving.length === 0) return;
  await sql`
    update messages set state = 'suppressed', reason = 'unsubscribed', lease_until = null
    from unnest(${leaving.map((one) => one.customerId)}::bigint[], ${leaving.map((one) => one.channel)}::text[],
      ${leaving.map((one) => one.topic)}::text[]) as leaving (customer_id, channel, topic)
    where messages.customer_id = leaving.customer_id and messages.state in ('planned', 'retry')
      and leaving.channel in (messages.channel, '*') and leaving.topic in (messages.topic, '*')
      and (messages.class = 'marketing' or (leaving.topic = '*' and messages.channel <> 'email'))
      and not exists (select from deciding_consent(messages.customer_id, messages.channel, messages.topic, ${now}) as consent
        where consent.granted)`.execute(transaction);
}
