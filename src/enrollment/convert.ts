import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import { type PendingEvent, asTable } from "./pending-event.ts";
import type { Version } from "./version.ts";

/**
 * Notes the first goal a customer reaches after entering, within the objective's window, with what it was worth: the
 * event's `total`, `value` or `revenue`. The holdout and those who are through or stopped count as well.
 */
export async function convertByEvents(
  transaction: Kysely<Tables>,
  version: Version,
  events: readonly PendingEvent[],
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
    set converted_at = event.occurred_at, conversion_value = ${worth}
    from ${asTable(reached)}
    where enrollment.version_id = ${version.id} and enrollment.journey_id = ${version.journeyId}
      and enrollment.customer_id = event.customer_id and enrollment.converted_at is null
      and event.occurred_at >= enrollment.entered_at and ${inTime}`.execute(transaction);
  return Number(numAffectedRows ?? 0n);
}

const numbers = sql`coalesce(as_number(event.properties -> 'total'), as_number(event.properties -> 'value'),
  as_number(event.properties -> 'revenue'))`;

/** Beyond what the column holds it is a mistake of the sender's, and no value. */
const worth = sql`case when abs(${numbers}) < 9999999999 then round(${numbers}, 4) end`;
