import { type RawBuilder, type SqlBool, sql } from "kysely";

/** SQL expressions for what decides about a message. Aliases and expressions only, never values from outside. */
export interface Asked {
  readonly customerId: RawBuilder<unknown>;
  readonly channel: RawBuilder<unknown>;
  readonly topic: RawBuilder<unknown>;
  readonly now: Date;
}

/**
 * The newest consent row that decides for the channel and topic, as a lateral subquery with `consent_id`, `granted` and
 * `stopped` (whether it withdrew all topics). The set-based form of the function deciding_consent.
 */
export function decidingConsent(asked: Asked): RawBuilder<unknown> {
  return sql`lateral (
    select kept.consent_id,
           kept.state = 'granted' and (kept.expires_at is null or kept.expires_at > ${asked.now}) as granted,
           kept.topic = '*' and kept.state = 'withdrawn' as stopped
    from current_consents kept
    where kept.customer_id = ${asked.customerId}
      and kept.channel in (${asked.channel}, '*') and kept.topic in (${asked.topic}, '*')
    order by kept.occurred_at desc, kept.state desc, kept.consent_id desc
    limit 1)`;
}

/** Whether what stands against an address, the alias `suppression`, holds of the message: that its holder was erased is about marketing. */
export function isHeldOff(
  suppression: string,
  messageClass: RawBuilder<unknown>,
): RawBuilder<SqlBool> {
  return sql<SqlBool>`(${sql.ref(`${suppression}.reason`)} <> 'erased' or ${messageClass} = 'marketing')`;
}

/**
 * Whether consent allows the message. Marketing needs a grant. Transactional messages need none, but a customer who
 * withdrew everything on a phone channel (STOP) gets no more texts at all; e-mail receipts go on (CAN-SPAM, 47 CFR
 * 64.1200(a)(10)).
 */
export function isPermitted(
  channel: RawBuilder<unknown>,
  messageClass: RawBuilder<unknown>,
  consent: string,
): RawBuilder<SqlBool> {
  const row = sql.raw(consent);
  return sql<SqlBool>`case ${messageClass}
    when 'marketing' then coalesce(${row}.granted, false)
    else ${channel} = 'email' or not coalesce(${row}.stopped, false) end`;
}
