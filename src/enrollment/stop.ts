import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { type PendingEvent, agrees, asTable, matches } from "./pending-event.ts";
import { takeBackOf } from "./take-back.ts";
import type { Version } from "./version.ts";

/**
 * Ends the enrollments that the events stop, wherever they wait, and takes back what they planned and nobody has begun to
 * send. That holds for an enrollment that is through already, too: its last message may lie until the morning. What happened
 * before an enrollment began does not stop it, however late it is reported; at the very instant counts as after.
 */
export async function stopByEvents(
  transaction: Kysely<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  now: Date,
): Promise<number> {
  let stopped = 0;
  for (const stop of version.journey.stop) {
    const heard = stop.kind === "event" ? events.filter(({ name }) => name === stop.event) : [];
    if (stop.kind !== "event" || heard.length === 0) continue;
    const concerned = sql`enrollment.version_id = ${version.id} and enrollment.journey_id = ${version.journeyId}
      and enrollment.customer_id = event.customer_id and event.occurred_at >= enrollment.entered_at
      and ${matches(stop.where, now)}
      and ${agrees(stop.match)}`;
    stopped += await endAndTakeBack(
      transaction,
      { reason: stop.as, now },
      sql`${asTable(heard)} where ${concerned}`,
    );
  }
  return stopped;
}

async function endAndTakeBack(
  transaction: Kysely<Tables>,
  { reason, now }: { readonly reason: string; readonly now: Date },
  concerned: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    update enrollments enrollment
    set state = 'exited', reason = ${reason}, due_at = null, awaiting = null, moved_at = ${now}, finished_at = ${now}
    from ${concerned} and enrollment.state in ('entered', 'waiting', 'held')
    returning enrollment.id`.execute(transaction);
  // Asked anew: whoever held one of them meanwhile may have led it to its end, and planned on the way.
  const through = sql`array(
    select enrollment.id from enrollments enrollment cross join ${concerned} and enrollment.state = 'completed')`;
  await takeBackOf(transaction, sql`${rows.map(({ id }) => id)}::bigint[] || ${through}`);
  return rows.length;
}
