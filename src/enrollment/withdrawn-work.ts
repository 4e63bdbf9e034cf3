import { type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { takeBack } from "./take-back.ts";

/**
 * Takes back what a migration leaves behind, and notes it: of those whose passage it ended all that nobody has begun, of those
 * it moved the task and the call of the step they left. What is of the same step in the new version goes on.
 */
export async function withdrawLeft(
  transaction: Transaction<Tables>,
  changeId: string,
  toVersionId: number,
): Promise<void> {
  await sql`
    with left_behind as (
      select moved.enrollment_id as id, moved.to_state = 'exited' as exits, moved.to_step as step,
             was.definition -> 'steps' -> moved.to_step ->> 'kind' = will.definition -> 'steps' -> moved.to_step ->> 'kind' as is_same
      from moved_enrollments moved
      join journey_versions was on was.id = moved.from_version_id join journey_versions will on will.id = ${toVersionId}
      where moved.change_id = ${changeId}
    ), work as (
      select 'message' as kind, id, enrollment_id, step, fallback from messages where needs = 'delivery'
      union all
      select 'call', id, enrollment_id, step, null from calls where state in ('planned', 'claimed', 'retry')
      union all
      select 'task', id, enrollment_id, step, null from tasks where state = 'open'
    )
    insert into withdrawn_work (change_id, enrollment_id, kind, id, from_fallback)
    select ${changeId}::bigint, work.enrollment_id, work.kind, work.id, work.fallback
    from left_behind join work on work.enrollment_id = left_behind.id
    where left_behind.exits
       or (work.kind <> 'message' and (work.step = left_behind.step and left_behind.is_same) is not true)`.execute(
    transaction,
  );
  const { rows: gone } = await sql<{ id: string }>`
    select enrollment_id as id from moved_enrollments where change_id = ${changeId} and to_state = 'exited'`.execute(
    transaction,
  );
  await takeBack(
    transaction,
    gone.map(({ id }) => id),
  );
  const noted = (kind: string) =>
    sql`(select id from withdrawn_work where change_id = ${changeId} and kind = ${kind})`;
  await sql`
    with calls_withdrawn as (
      update calls set state = 'withdrawn', reason = 'stopped', fence = fence + 1, lease_until = null
      where id in ${noted("call")} and state in ('planned', 'claimed', 'retry')
    )
    update tasks set state = 'withdrawn' where id in ${noted("task")} and state = 'open'`.execute(
    transaction,
  );
}

/** Gives back to those whom a rollback has just brought back what the change took from them. */
export async function restoreWithdrawn(
  transaction: Transaction<Tables>,
  changeId: string,
  broughtBackAt: Date,
): Promise<void> {
  const noted = (kind: string) => sql`(
    select work.id, work.from_fallback
    from withdrawn_work work join moved_enrollments moved on moved.change_id = work.change_id and moved.enrollment_id = work.enrollment_id
    where work.change_id = ${changeId} and work.kind = ${kind} and moved.brought_back_at = ${broughtBackAt}) as noted`;
  const state = (attempts: string) =>
    sql`case when ${sql.ref(attempts)} = 0 then 'planned' else 'retry' end`;
  await sql`
    with messages_restored as (
      update messages set state = ${state("messages.attempts")}, reason = null, fallback = noted.from_fallback
      from ${noted("message")} where messages.id = noted.id and messages.state = 'suppressed' and messages.reason = 'stopped'
    ), calls_restored as (
      update calls set state = ${state("calls.attempts")}, reason = null
      from ${noted("call")} where calls.id = noted.id and calls.state = 'withdrawn'
    )
    update tasks set state = 'open' from ${noted("task")} where tasks.id = noted.id and tasks.state = 'withdrawn'`.execute(
    transaction,
  );
}
