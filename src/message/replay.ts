import { type SqlBool, sql } from "kysely";
import type { Database } from "../database/database.ts";

export interface Replay {
  /** Only these message ids; else every dead letter of the filter. */
  readonly ids?: readonly string[];
  readonly journey?: string;
  /** Messages of unknown outcome may reach their customer twice when sent again, so they are named on purpose. */
  readonly states: readonly ("failed" | "expired" | "unknown" | "suppressed")[];
  readonly now: Date;
}

/**
 * Lets dead letters try again: due now, with a new term of the same length and a clean count of attempts. Consent and
 * all other rules are read anew when they are sent. Returns how many channels now have something due, with the counts.
 */
export async function replayMessages(
  database: Database,
  replay: Replay,
): Promise<Partial<Record<string, number>>> {
  const conditions = [
    sql<SqlBool>`m.off_course = any(${replay.states}::text[])`,
    ...(replay.ids === undefined ? [] : [sql<SqlBool>`m.id = any(${replay.ids}::bigint[])`]),
    ...(replay.journey === undefined
      ? []
      : [sql<SqlBool>`m.journey_id = (select id from journeys where name = ${replay.journey})`]),
  ];
  const { rows } = await sql<{ channel: string; count: number }>`
    with replayed as (
      update messages m set state = case when m.attempts = 0 then 'planned' else 'retry' end, reason = 'replayed', due_at = ${replay.now},
        expires_at = ${replay.now}::timestamptz + (m.expires_at - m.planned_at), strikes = 0
      where m.customer_id is not null and ${sql.join(conditions, sql` and `)}
      returning m.channel
    )
    select channel, count(*)::int as count from replayed group by channel order by channel`.execute(
    database,
  );
  return Object.fromEntries(rows.map(({ channel, count }) => [channel, count]));
}
