import { sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import { type Move, type Stage, type StepOf, asking } from "./stage.ts";

/**
 * Begins another round, or goes on when there were enough of them or `until` holds. That is asked before the first round
 * too: who is there already needs none. Who goes on has the repeat behind him, and begins anew where a repeat around it
 * leads here again.
 */
export async function repeat(
  stage: Stage,
  step: StepOf<"repeat">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  if (step.body === null) return [{ ids, to: step.next }];
  const isDone = step.until === null ? sql`false` : conditionSql(step.until, asking(stage));
  const { rows } = await sql<{ id: string; goes_again: boolean }>`
    update enrollments moving
    set rounds = coalesce(moving.rounds, '{}') || jsonb_build_object(${step.id}::text, jsonb_build_object(
          'round', case when asked.goes_again then asked.round + 1 else 0 end,
          'pass', asked.pass + asked.goes_again::int))
    from (
      select counted.*, counted.round < ${step.times}::int and not counted.is_done as goes_again
      from (
        select enrollment.id, coalesce((${isDone}), false) as is_done,
               coalesce((enrollment.rounds -> ${step.id}::text ->> 'round')::int, 0) as round,
               coalesce((enrollment.rounds -> ${step.id}::text ->> 'pass')::int, 0) as pass
        from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
        where enrollment.id = any(${ids}::bigint[])
      ) as counted
    ) as asked
    where moving.id = asked.id
    returning moving.id, asked.goes_again`.execute(stage.transaction);
  const inBody = rows.filter((row) => row.goes_again);
  const through = rows.filter((row) => !row.goes_again);
  return [
    { ids: inBody.map(({ id }) => id), to: step.body },
    { ids: through.map(({ id }) => id), to: step.next },
  ];
}
