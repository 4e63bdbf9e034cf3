import { sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Move, Stage, StepOf } from "./stage.ts";

/** Goes one way where the condition holds, the other where it does not. */
export async function branch(
  { transaction, turn }: Stage,
  step: StepOf<"if">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const holds = conditionSql(step.if, {
    now: turn.now,
    customer: "customer",
    enrollment: "enrollment",
  });
  const { rows } = await sql<{ id: string }>`
    select enrollment.id
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[]) and ${holds}`.execute(transaction);
  const yes = new Set(rows.map(({ id }) => id));
  return [
    { ids: [...yes], to: step.then },
    { ids: ids.filter((id) => !yes.has(id)), to: step.else },
  ];
}
