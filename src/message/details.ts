import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { type Fields, accountFields, customerFields } from "../journey/field.ts";
import type { ClaimedMessage } from "./message.ts";

/** Everything rendering a message needs, for the rows of a relation with the columns of `messages`. */
export function detailsOf(relation: string): RawBuilder<ClaimedMessage> {
  return sql<ClaimedMessage>`
    select m.id, m.delivery_id as "deliveryId", m.claim_id as "openedBy", m.channel, m.template, m.class, m.topic, j.name as journey,
           m.step, m.attempts, m.strikes, m.expires_at as "expiresAt", e.entry,
           ${voucher} as voucher, ${answers} as call,
           ${fieldsOf("c", customerFields)} as customer,
           case when a.id is not null then ${fieldsOf("a", accountFields)} end as account
    from ${sql.table(relation)} m
    join enrollments e on e.id = m.enrollment_id
    join journeys j on j.id = m.journey_id
    join customers c on c.id = m.customer_id
    left join accounts a on a.id = c.account_id`;
}

/** What conditions can ask of a row, its id and its attributes. */
export function fieldsOf(alias: string, fields: Fields): RawBuilder<unknown> {
  const pairs = [...Object.keys(fields), "attributes"].map(
    (field) => sql`${sql.lit(field)}, ${sql.ref(`${alias}.${field}`)}`,
  );
  return sql`json_build_object('id', ${sql.ref(`${alias}.id`)}::text, ${sql.join(pairs)})`;
}

/**
 * Looked for message by message only where there is any at all: asked once for the whole statement, so that a shop without
 * vouchers or calls pays nothing for them.
 */
const voucher = sql`case when (select exists (select from vouchers where enrollment_id is not null)) then (
             select json_build_object('code', v.code, 'expires_at',
               to_char(nullif(v.expires_at, 'infinity') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
             from vouchers v where v.enrollment_id = m.enrollment_id order by v.handed_out_at desc, v.code limit 1) end`;
const answers = sql`coalesce(case when (select exists (select from calls)) then (
             select jsonb_object_agg(answered.step, answered.answer)
             from (select distinct on (step) step, answer from calls
                   where calls.enrollment_id = m.enrollment_id and answer is not null
                   order by step, occurrence desc) as answered) end, '{}')`;

/** Messages by id with what rendering them needs, for previews. */
export async function loadMessages(
  database: Database,
  ids: readonly string[],
): Promise<ClaimedMessage[]> {
  const { rows } =
    await sql<ClaimedMessage>`${detailsOf("messages")} where m.id = any(${ids}::bigint[])`.execute(
      database,
    );
  return rows;
}
