import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/**
 * Takes back what stopped enrollments have planned and nobody has begun to send, whatever was to be tried next included,
 * and their calls and tasks. A worker that has claimed such a message cannot open it, and finds the fence of such a call raised.
 */
export async function takeBack(
  transaction: Kysely<Tables>,
  enrollments: readonly string[],
): Promise<void> {
  if (enrollments.length === 0) return;
  const theirs = sql`enrollment_id = any(${enrollments}::bigint[])`;
  await sql`
    with calls_withdrawn as (
      update calls set state = 'withdrawn', reason = 'stopped', fence = fence + 1, lease_until = null
      where ${theirs} and state in ('planned', 'claimed', 'retry')
    ), tasks_withdrawn as (
      update tasks set state = 'withdrawn' where ${theirs} and state = 'open'
    ), no_other_channel as (
      update messages set fallback = null
      where ${theirs} and fallback is not null and needs is distinct from 'delivery'
    )
    update messages set state = 'suppressed', reason = 'stopped', fallback = null
    where ${theirs} and needs = 'delivery'`.execute(transaction);
}
