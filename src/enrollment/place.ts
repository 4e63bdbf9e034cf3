import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { StepId } from "../journey/journey.ts";
import { owedNext } from "../message/owed.ts";
import { type Passage, counting } from "./passage.ts";

/** Where an enrollment is to be found between two turns of the engine. */
export type Place =
  | {
      readonly state: "waiting";
      /** The step to execute at `dueAt`; with `awaiting`, the one that waits for that event until then. */
      readonly step: StepId;
      readonly dueAt: Date;
      readonly awaiting: string | null;
      /** The wait it rests at, where it does; `step` is then the one after. */
      readonly wait?: StepId;
    }
  | { readonly state: "completed" }
  | { readonly state: "exited"; readonly step: StepId; readonly reason: string }
  | { readonly state: "held"; readonly step: StepId; readonly reason: string };

/** Enrollments that come to the same place. */
export interface Arrival {
  readonly ids: readonly string[];
  readonly at: Place;
}

/**
 * Writes where enrollments have come to rest, and by which ways, all in one statement. What is done beside an update comes
 * after it: the ways are counted last.
 */
export async function settle(
  transaction: Kysely<Tables>,
  arrivals: readonly Arrival[],
  passages: readonly Passage[],
  now: Date,
): Promise<void> {
  const ids = arrivals.flatMap((arrival) => arrival.ids);
  if (ids.length === 0) return;
  const counted = counting(passages);
  const numbers = arrivals.flatMap((arrival, index) => arrival.ids.map(() => index + 1));
  const column = <T>(read: (place: Place) => T) => arrivals.map((arrival) => read(arrival.at));
  await sql`
    ${counted === null ? sql`` : sql`with counted as (${counted})`}
    update enrollments enrollment
    set state = place.state, step = place.step, due_at = place.due_at, awaiting = place.awaiting, resting_at = place.wait,
        owed_at = ${owedNext(sql`place.due_at`, now)}, awaiting_since = case when place.awaiting is not null then ${turnOf(now)} end,
        reason = place.reason, moved_at = ${now}, finished_at = case when place.state in ('completed', 'exited') then ${now}::timestamptz end
    from unnest(${ids}::bigint[], ${numbers}::int[]) as arrival (id, place)
    join unnest(${column((place) => place.state)}::text[], ${column(stepOf)}::text[],
                ${column((place) => (place.state === "waiting" ? place.dueAt : null))}::timestamptz[],
                ${column((place) => (place.state === "waiting" ? place.awaiting : null))}::text[],
                ${column((place) => (place.state === "waiting" ? (place.wait ?? null) : null))}::text[],
                ${column((place) => ("reason" in place ? place.reason : null))}::text[])
      with ordinality as place (state, step, due_at, awaiting, wait, reason, number) on place.number = arrival.place
    where enrollment.id = arrival.id`.execute(transaction);
}

/** When the enrollment's turn came, by its row from before the move: workers that were away since then delay nothing that counts. */
function turnOf(now: Date): RawBuilder<Date> {
  return sql<Date>`case enrollment.state when 'entered' then enrollment.entered_at
    else least(enrollment.due_at, ${now}::timestamptz) end`;
}

function stepOf(place: Place): StepId | null {
  return place.state === "completed" ? null : place.step;
}
