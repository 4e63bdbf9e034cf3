import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Step } from "../journey/journey.ts";
import { owedFrom } from "../message/owed.ts";
import type { Passage } from "./passage.ts";
import { type PendingEvent, agrees, asTable, matches } from "./pending-event.ts";
import type { Version } from "./version.ts";

type Await = Extract<Step, { kind: "await" }>;

/**
 * Sends on who waits for one of the events, and says which way. What happened after the time was up comes too late, though
 * nobody moved yet; what happened before the wait began, and was reported late, is not what is waited for.
 */
export async function wakeByEvents(
  transaction: Kysely<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  now: Date,
): Promise<readonly Passage[]> {
  const woken: Passage[] = [];
  for (const step of Object.values(version.journey.steps)) {
    if (step.kind !== "await") continue;
    const heard = events.filter(({ name }) => name === step.event);
    if (heard.length > 0) woken.push(await wake(transaction, version, step, heard, now));
  }
  return woken;
}

async function wake(
  transaction: Kysely<Tables>,
  version: Version,
  step: Await,
  heard: readonly PendingEvent[],
  now: Date,
): Promise<Passage> {
  const isEnd = step.then === null;
  const { numAffectedRows } = await sql`
    update enrollments enrollment
    set state = ${isEnd ? "completed" : "waiting"}, step = ${step.then}, awaiting = null, moved_at = ${now},
        due_at = ${isEnd ? null : now}, owed_at = ${isEnd ? null : owedFrom(sql`event.occurred_at`)}, finished_at = ${isEnd ? now : null}
    from ${asTable(heard)}
    where enrollment.version_id = ${version.id} and enrollment.journey_id = ${version.journeyId}
      and enrollment.customer_id = event.customer_id and enrollment.state = 'waiting' and enrollment.step = ${step.id}
      and enrollment.awaiting = ${step.event} and event.occurred_at <= enrollment.due_at
      and event.occurred_at >= coalesce(enrollment.awaiting_since, enrollment.entered_at)
      and ${matches(step.where, now)} and ${agrees(step.match)}`.execute(transaction);
  const customers = Number(numAffectedRows ?? 0n);
  return { versionId: version.id, step: step.id, next: step.then, customers };
}
