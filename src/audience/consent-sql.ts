import { type RawBuilder, sql } from "kysely";
import type { Condition } from "../journey/condition.ts";
import { storable } from "./bound-value.ts";
import { customerColumn, existsSql, isForFew } from "./rows.ts";
import type { Scope } from "./scope.ts";

/**
 * Whether the newest consent row for the channel and topic, or for all of them ('*'), grants it at `now`. The rule of
 * the function deciding_consent, asked of a set.
 */
export function consentSql(
  { channel, topic, granted }: Extract<Condition, { kind: "consent" }>,
  scope: Scope,
  wanted: boolean,
): RawBuilder<boolean> {
  const channels = [storable(channel, "consent channel"), "*"];
  const topics = [storable(topic, "consent topic"), "*"];
  const customer = customerColumn(scope, "id");
  const theirs = sql`channel = any(${channels}::text[]) and topic = any(${topics}::text[])`;
  // Without LIMIT Postgres would sort everybody's consents, with it look up a million customers one by one.
  const deciding =
    scope.rewound === true
      ? sql`select customer_id, state, expires_at from consents
          where customer_id = ${customer} and ${theirs} and occurred_at <= ${scope.now}
          order by occurred_at desc, state desc, id desc limit 1`
      : isForFew(scope)
        ? sql`select customer_id, state, expires_at from current_consents
          where customer_id = ${customer} and ${theirs}
          order by occurred_at desc, state desc, consent_id desc limit 1`
        : sql`select distinct on (customer_id) customer_id, state, expires_at from current_consents
          where ${theirs}
          order by customer_id, occurred_at desc, state desc, consent_id desc`;
  return existsSql(
    sql`select from (${deciding}) deciding
        where deciding.customer_id = ${customer} and deciding.state = 'granted'
          and (deciding.expires_at is null or deciding.expires_at > ${scope.now}::timestamptz)`,
    wanted === granted,
  );
}
