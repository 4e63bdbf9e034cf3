import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import type { Moment } from "./enrollment.ts";
import { type PendingEvent, asTable, matches } from "./pending-event.ts";
import type { Version } from "./version.ts";
import { worthOf } from "./worth.ts";

/**
 * Notes the first goal a customer reaches after entering, within the objective's window, with what it was worth
 * (worth.ts). The holdout and those who are through or stopped count as well.
 */
export async function convertByEvents(
  transaction: Kysely<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  { now, money }: Moment,
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
    set converted_at = event.occurred_at, conversion_value = ${worthOf(objective, money)}
    from ${asTable(reached)}
    where enrollment.version_id = ${version.id} and enrollment.journey_id = ${version.journeyId}
      and enrollment.customer_id = event.customer_id and enrollment.converted_at is null
      and event.occurred_at >= enrollment.entered_at and ${inTime}
      and ${matches(objective.where, now)}`.execute(transaction);
  return Number(numAffectedRows ?? 0n);
}
