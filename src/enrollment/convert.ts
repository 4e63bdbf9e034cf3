import { type Kysely, type RawBuilder, sql } from "kysely";
import { jsonOperand } from "../audience/operand.ts";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import type { Objective } from "../journey/journey.ts";
import { type PendingEvent, asTable, matches } from "./pending-event.ts";
import type { Version } from "./version.ts";

/**
 * Notes the first goal a customer reaches after entering, within the objective's window, with what it was worth: the
 * property that the objective names, else the event's `total`, `value` or `revenue`. The holdout and those who are through or stopped count as well.
 */
export async function convertByEvents(
  transaction: Kysely<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  now: Date,
): Promise<number> {
  const { objective } = version.journey;
  const reached = events.filter(({ name }) => name === objective?.goal);
  if (objective === null || reached.length === 0) return 0;
  const inTime =
    objective.within === null
      ? sql`true`
      : sql`event.occurred_at <= enrollment.entered_at + ${interval(objective.within)}::interval`;
  const { numAffectedRows } = await sql`
    update enrollments enrollment
    set converted_at = event.occurred_at, conversion_value = ${worthOf(objective)}
    from ${asTable(reached)}
    where enrollment.version_id = ${version.id} and enrollment.journey_id = ${version.journeyId}
      and enrollment.customer_id = event.customer_id and enrollment.converted_at is null
      and event.occurred_at >= enrollment.entered_at and ${inTime}
      and ${matches(objective.where, now)}`.execute(transaction);
  return Number(numAffectedRows ?? 0n);
}

/** Beyond what the column holds it is a mistake of the sender's, and no value. */
function worthOf({ value }: Objective): RawBuilder<unknown> {
  const properties = value === null ? ["total", "value", "revenue"] : [value];
  const numbers = properties.map(
    (property) =>
      sql`as_number(${jsonOperand(sql.ref("event.properties"), property, `value ${property}`).sql})`,
  );
  const number = sql`coalesce(${sql.join(numbers)})`;
  return sql`case when abs(${number}) < 9999999999 then round(${number}, 4) end`;
}
