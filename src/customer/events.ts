import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Relation } from "./people.ts";

export interface Recorded {
  readonly recorded: number;
  /** How many of them wait for journeys to react. */
  readonly heard: number;
}

/**
 * Records the events of a relation (n, customer_id, name, occurred_at, properties, key). A key seen before makes a
 * duplicate, which is not recorded. `live: false` is history: no journey hears of it.
 */
export async function recordEvents(
  database: Database,
  events: Relation,
  now: Date,
  options: { live: boolean },
): Promise<Recorded> {
  const result = await sql<{ recorded: string; heard: string }>`
    WITH given AS MATERIALIZED (${events}),
    batch AS (
      SELECT jsonb_agg(jsonb_build_object('customer_id', customer_id, 'name', name, 'occurred_at', occurred_at,
        'properties', coalesce(properties, '{}'), 'key', key) ORDER BY n) AS events FROM given
    )
    SELECT r.recorded, r.heard FROM batch, record_events(events, ${now}::timestamptz, ${options.live}::boolean) r
    WHERE events IS NOT NULL`.execute(database);
  const [row] = result.rows;
  return { recorded: Number(row?.recorded ?? 0), heard: Number(row?.heard ?? 0) };
}
