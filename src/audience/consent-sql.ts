import { type RawBuilder, sql } from "kysely";
import type { Condition } from "../journey/condition.ts";
import { storable } from "./bound-value.ts";
import { customerColumn, existsSql } from "./rows.ts";
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
  return existsSql(
    sql`select from (
          select distinct on (customer_id) customer_id, state, expires_at
          from current_consents
          where channel = any(${channels}::text[]) and topic = any(${topics}::text[])
          order by customer_id, occurred_at desc, state desc, consent_id desc
        ) deciding
        where deciding.customer_id = ${customerColumn(scope, "id")} and deciding.state = 'granted'
          and (deciding.expires_at is null or deciding.expires_at > ${scope.now}::timestamptz)`,
    wanted === granted,
  );
}
