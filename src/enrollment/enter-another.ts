import { sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import { owedHere } from "../message/owed.ts";
import { enter } from "./enter.ts";
import { occurrenceOf } from "./occurrence.ts";
import type { Move, Stage, StepOf } from "./stage.ts";
import { findEnrolling } from "./version.ts";

/**
 * Lets the customers into another journey with the entry they have here, and goes on at once. What that journey starts
 * on does not matter, but its own `if`, its holdout and its rule of coming again do. One that is paused, archived or was
 * never applied lets nobody in, which holds up nobody here.
 */
export async function enterAnother(
  stage: Stage,
  step: StepOf<"enter">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { transaction, journey, turn } = stage;
  const other = await findEnrolling(transaction, step.journey);
  if (other?.state === "active") {
    const condition = other.journey.start.if;
    const isWelcome =
      condition === null
        ? sql<boolean>`true`
        : conditionSql(condition, {
            now: turn.now,
            entry: sql.ref("enrollment.entry"),
            journey: other.journey.name,
            customers: "few",
          });
    const time = occurrenceOf(journey, step.id);
    await enter(
      transaction,
      other,
      {
        from: sql`enrollments enrollment join customers customer on customer.id = enrollment.customer_id`,
        where: sql`enrollment.id = any(${ids}::bigint[]) and ${isWelcome}`,
        key: sql<string>`'enter:' || enrollment.id || ':' || ${step.id}::text || ':' || ${time}`,
        entry: sql`enrollment.entry`,
        enteredAt: sql<Date>`${turn.now}::timestamptz`,
        owedAt: owedHere,
      },
      turn,
    );
  }
  return [{ ids, to: step.next }];
}
