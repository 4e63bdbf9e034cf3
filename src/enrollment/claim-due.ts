import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/** An enrollment whose time has come, locked for the claiming transaction. */
export interface Due {
  readonly id: string;
  readonly journey_id: number;
  readonly version_id: number;
  readonly step: string;
  /** Set when an await's time is up. */
  readonly awaiting: string | null;
  /** The wait whose time is up. */
  readonly resting_at: string | null;
  /** The version's. */
  readonly hash: string;
  /** The customer's. */
  readonly zone: string | null;
}

export interface Claimed {
  readonly due: readonly Due[];
  /** A journey had as many due as it was given room for, and so may have more. */
  readonly more: boolean;
}

/**
 * Takes up to `limit` due enrollments, the longest due first, the room shared evenly by the journeys that have any: a
 * million customers of one do not keep a receipt of another waiting. Those of paused journeys stay, and those another
 * worker has in hand are passed over.
 */
export async function claimDue(
  transaction: Kysely<Tables>,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<Claimed> {
  const { rows } = await sql<Due & { readonly share: number }>`
    select due.*, journey.share, version.hash, (select zone from customers where id = due.customer_id) as zone
    from (
      select journeys.id, oldest.due_at, greatest(${limit}::int / count(*) over (), 1)::int as share
      from journeys cross join lateral (
        select due_at from enrollments where journey_id = journeys.id and due_at <= ${now} order by due_at limit 1
      ) as oldest
      where journeys.state <> 'paused'
      order by oldest.due_at
    ) as journey
    cross join lateral (
      select enrollments.id, journey_id, version_id, customer_id, step, awaiting, resting_at from enrollments
      where journey_id = journey.id and enrollments.due_at <= ${now}
      order by enrollments.due_at
      limit journey.share
      for no key update skip locked
    ) as due
    join journey_versions version on version.id = due.version_id
    limit ${limit}`.execute(transaction);
  const byJourney = Map.groupBy(rows, (row) => row.journey_id);
  const isFull = [...byJourney.values()].some((those) => those.length >= (those[0]?.share ?? 1));
  return { due: rows, more: isFull };
}
