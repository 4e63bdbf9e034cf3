import { type Kysely, type RawBuilder, sql } from "kysely";
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
  await takeBackOf(transaction, sql`${enrollments}::bigint[]`);
}

/** As `takeBack`, of the enrollments in an array of ids. */
export async function takeBackOf(
  transaction: Kysely<Tables>,
  enrollments: RawBuilder<unknown>,
): Promise<void> {
  const theirs = sql`enrollment_id = any((select ids from stopped)::bigint[])`;
  await sql`
    with stopped as materialized (
      select ${enrollments} as ids
    ), calls_withdrawn as (
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

/** Whether the `enrollment` has anything that could be taken back. Few of those that are through do. */
export const leftSomething: RawBuilder<boolean> = sql<boolean>`(
  exists (select from messages lying where lying.enrollment_id = enrollment.id
    and (lying.fallback is not null or lying.needs = 'delivery'))
  or exists (select from calls lying where lying.enrollment_id = enrollment.id and lying.state in ('planned', 'claimed', 'retry'))
  or exists (select from tasks lying where lying.enrollment_id = enrollment.id and lying.state = 'open'))`;
