import { type RawBuilder, sql } from "kysely";

/**
 * A restored backup does late what its original did in time. What was due before the original stopped may have been sent
 * by it: `confirm-restore` notes until when, and passages carry along when they were due there (`owed_at`) until they have
 * caught up. Expressions over the alias `enrollment`, by its row from before the move.
 */
const owedAt = sql<Date>`coalesce(enrollment.owed_at, enrollment.due_at)`;

const sentUntil = sql<Date | null>`(select sent_until from installation)`;

/** Whether the original may have come by here. False where nothing was ever restored. */
export const isDoubtful: RawBuilder<boolean> = sql<boolean>`coalesce(${owedAt} <= ${sentUntil}, false)`;

/** What to keep of an instant that something is owed from: null when that is after the original stopped. */
export function owedFrom(instant: RawBuilder<Date | null>): RawBuilder<Date | null> {
  return sql<Date | null>`(select ${instant} where ${instant} <= ${sentUntil})`;
}

/** What a passage in doubt owes at its next place: the original was there as much earlier as it was here. */
export function owedNext(dueAt: RawBuilder<Date | null>, now: Date): RawBuilder<Date | null> {
  return sql<Date | null>`case when ${isDoubtful} then ${owedAt} + (${dueAt} - ${now}::timestamptz) end`;
}

/** When the passage's turn was, for one that it starts. */
export const owedHere: RawBuilder<Date | null> = owedAt;
