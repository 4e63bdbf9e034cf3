import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { getJourney } from "./journey-state.ts";

/** An enrollment that a step failed for. */
export interface Held {
  readonly id: string;
  readonly customer_id: string;
  readonly journey: string;
  readonly version: number;
  readonly step: string;
  readonly reason: string;
  readonly since: Date;
}

/** Which held enrollments: of one journey, or these; all when neither is said. */
export interface HeldOnes {
  readonly journey?: string;
  readonly enrollmentIds?: readonly string[];
}

/** Newest first. */
export async function listHeld(
  database: Database,
  which: HeldOnes & { readonly limit: number },
): Promise<readonly Held[]> {
  const { rows } = await sql<Held>`
    select e.id, e.customer_id, journeys.name as journey, version.number as version, e.step, e.reason, e.moved_at as since
    from enrollments e join journeys on journeys.id = e.journey_id join journey_versions version on version.id = e.version_id
    where ${await among(database, which)}
    order by e.moved_at desc, e.id desc limit ${which.limit}`.execute(database);
  return rows;
}

/** How many are held, counted to `atMost`: journey by journey, so that an index serves. */
export async function countHeld(database: Database, atMost: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from journeys cross join lateral (select from enrollments
      where journey_id = journeys.id and state = 'held' limit ${atMost}) as one limit ${atMost}) as held`.execute(
    database,
  );
  return rows[0]?.count ?? 0;
}

/** Lets held enrollments try their step again, at once. Returns how many. */
export async function replayHeld(
  database: Database,
  { now, ...which }: HeldOnes & { readonly now: Date },
): Promise<number> {
  const { numAffectedRows } = await sql`
    update enrollments e set state = 'waiting', due_at = ${now}, reason = null, moved_at = ${now}
    where ${await among(database, which)}`.execute(database);
  return Number(numAffectedRows ?? 0n);
}

async function among(
  database: Database,
  { journey, enrollmentIds }: HeldOnes,
): Promise<RawBuilder<boolean>> {
  const parts = [sql`e.state = 'held'`];
  // The journeys are named so that the index by journey and state serves.
  if (journey === undefined) parts.push(sql`e.journey_id = any(array(select id from journeys))`);
  else parts.push(sql`e.journey_id = ${(await getJourney(database, journey)).id}`);
  if (enrollmentIds !== undefined) parts.push(sql`e.id = any(${enrollmentIds}::bigint[])`);
  return sql<boolean>`${sql.join(parts, sql` and `)}`;
}
