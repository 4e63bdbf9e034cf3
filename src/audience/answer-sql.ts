import { type RawBuilder, sql } from "kysely";
import type { Condition } from "../journey/condition.ts";
import { storable } from "./bound-value.ts";
import { jsonOperand } from "./operand.ts";
import { answerOf } from "./reference-sql.ts";
import { refusal } from "./refusal.ts";
import type { Scope } from "./scope.ts";
import { testSql } from "./test-sql.ts";

/** A test on what a call step of this enrollment was last answered. */
export function answerSql(
  { step, field, test }: Extract<Condition, { kind: "answer" }>,
  scope: Scope,
): RawBuilder<boolean> {
  const place = `call.${step}.${field}`;
  const answer = answerOf(step, passageOf(scope, place));
  return testSql(jsonOperand(answer, field, place), test, { now: scope.now, place });
}

/** A test on the outcome an agent last recorded for a task step of this enrollment; null while there is none. */
export function taskSql(
  { step, test }: Extract<Condition, { kind: "task" }>,
  scope: Scope,
): RawBuilder<boolean> {
  const place = `task.${step}`;
  const outcome = sql`(select a_task.outcome from tasks a_task
    where a_task.enrollment_id = ${sql.ref(`${passageOf(scope, place)}.id`)} and a_task.step = ${storable(step, place)}::text
    order by a_task.occurrence desc limit 1)`;
  return testSql({ kind: "text", sql: outcome }, test, { now: scope.now, place });
}

/** The alias of the enrollment that the question is about. */
export function passageOf({ enrollment }: Scope, place: string): string {
  if (enrollment !== undefined) return enrollment;
  throw refusal(
    place,
    "expected to be asked of a customer in a journey, found none here. Use it in steps and stops only",
  );
}
