import { type RawBuilder, sql } from "kysely";
import type { Journey, StepId } from "../journey/journey.ts";

/**
 * Whether an enrollment that stands before `step` rests at this wait. What its row says may be of an older version than the
 * one it was moved to.
 */
export function isRestingAt(
  steps: Journey["steps"],
  wait: StepId | null,
  step: StepId | null,
): wait is StepId {
  const found = wait === null ? undefined : steps[wait];
  return found?.kind === "wait" && found.next !== null && found.next === step;
}

/** The same in SQL, over `enrollments` and `journey_versions` by these names: where an enrollment is, as people say it. */
export function placeSql(enrollment: string, version: string): RawBuilder<StepId | null> {
  const [row, of] = [sql.ref(enrollment), sql.ref(version)];
  return sql`case when ${of}.definition -> 'steps' -> ${row}.resting_at ->> 'next' = ${row}.step
    then ${row}.resting_at else ${row}.step end`;
}
