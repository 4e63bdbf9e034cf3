import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/** An enrollment whose time has come, locked for the claiming transaction. */
export interface Due {
  readonly id: string;
  readonly version_id: number;
  readonly step: string;
  /** Set when an await's time is up. */
  readonly awaiting: string | null;
}

/**
 * Takes up to `limit` due enrollments, of the journey that has waited longest first. Those of paused journeys stay, and
 * those another worker has in hand are passed over.
 */
export async function claimDue(
  transaction: Kysely<Tables>,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly Due[]> {
  const { rows } = await sql<Due>`
    select due.id, due.version_id, due.step, due.awaiting
    from (
      select journeys.id, oldest.due_at
      from journeys cross join lateral (
        select due_at from enrollments where journey_id = journeys.id and due_at <= ${now} order by due_at limit 1
      ) as oldest
      where journeys.state <> 'paused'
      order by oldest.due_at
    ) as journey
    cross join lateral (
      select enrollments.id, version_id, step, awaiting from enrollments
      where journey_id = journey.id and enrollments.due_at <= ${now}
      order by enrollments.due_at
      limit ${limit}
      for no key update skip locked
    ) as due
    limit ${limit}`.execute(transaction);
  return rows;
}
