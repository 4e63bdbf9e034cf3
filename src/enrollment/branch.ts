import { sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import { type Move, type Stage, type StepOf, asking } from "./stage.ts";

/** Goes one way where the condition holds, the other where it does not. */
export async function branch(
  stage: Stage,
  step: StepOf<"if">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const holds = conditionSql(step.if, asking(stage));
  const { rows } = await sql<{ id: string }>`
    select enrollment.id
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[]) and ${holds}`.execute(stage.transaction);
  const yes = new Set(rows.map(({ id }) => id));
  return [
    { ids: [...yes], to: step.then },
    { ids: ids.filter((id) => !yes.has(id)), to: step.else },
  ];
}

/** Takes the first arm whose condition holds, in one question for all of them. */
export async function choose(
  stage: Stage,
  step: StepOf<"switch">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  if (step.arms.length === 0) return [{ ids, to: step.else }];
  const cases = step.arms.map(
    (arm, index) => sql`when ${conditionSql(arm.if, asking(stage))} then ${index}::int`,
  );
  const { rows } = await sql<{ id: string; arm: number | null }>`
    select enrollment.id, case ${sql.join(cases, sql` `)} end as arm
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[])`.execute(stage.transaction);
  const byArm = Map.groupBy(rows, (row) => row.arm);
  return [...byArm].map(([arm, those]) => ({
    ids: those.map(({ id }) => id),
    to: arm === null ? step.else : (step.arms[arm]?.next ?? null),
  }));
}
