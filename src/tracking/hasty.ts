import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { hastySeconds } from "./machine.ts";

/**
 * SQL: whether a visit came so soon after its message was sent that no person can have read it. E-mail is not read
 * before its delivery either; a text may be, since its delivery is known only when the provider tells.
 */
export function isHasty(
  at: RawBuilder<unknown>,
  message: RawBuilder<unknown>,
): RawBuilder<SqlBool> {
  return sql<SqlBool>`coalesce(${at} < greatest(${message}.sent_at, case when ${message}.channel = 'email' then ${message}.delivered_at end)
    + ${hastySeconds} * interval '1 second', false)`;
}

/**
 * The delivery of an e-mail is often reported after a gateway has followed its links. Now that it is known, visits
 * before it count as a machine's, and a message that nobody else opened or clicked is neither.
 */
export async function recountVisits(
  transaction: Database,
  deliveredIds: readonly string[],
): Promise<void> {
  if (deliveredIds.length === 0) return;
  await recount(transaction, deliveredIds, sql`opens`, sql`opened_at`);
  await recount(transaction, deliveredIds, sql`clicks`, sql`clicked_at`);
}

async function recount(
  transaction: Database,
  deliveredIds: readonly string[],
  visits: RawBuilder<unknown>,
  firstAt: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    with found_out as (
      update ${visits} visit set machine = true from messages
      where messages.id = any(${deliveredIds}::bigint[]) and visit.message_id = messages.id and not visit.machine
        and ${isHasty(sql`visit.at`, sql`messages`)}
      returning visit.id, visit.message_id
    ), people as (
      select message_id, min(at) as at from ${visits}
      where not machine and message_id in (select message_id from found_out) and id not in (select id from found_out)
      group by message_id
    )
    update messages set ${firstAt} = people.at
    from (select distinct message_id from found_out) found_out left join people using (message_id)
    where messages.id = found_out.message_id`.execute(transaction);
}
