import { sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import { listSegments } from "../audience/segment.ts";
import type { Database } from "../database/database.ts";

const gridMs = 5 * 60_000;

/**
 * When, in (now, until], time alone first makes somebody enter or leave a segment, to five minutes; `until` when nobody
 * does, as the day's own look. Found by halving: whoever comes and goes again in between is overlooked.
 */
export async function nextChange(database: Database, now: Date, until: Date): Promise<Date> {
  const segments = await listSegments(database);
  const changes = async (at: Date) => {
    for (const { name, condition } of segments) {
      const found = sql`select customer.id from customers customer where ${conditionSql(condition, { now: at, sql: true })}`;
      const { rows } = await sql<{ differs: boolean }>`
        with found as materialized (${found}), kept as materialized (
          select customer_id from segment_members
          where left_at is null and segment_id = (select id from segments where name = ${name}))
        select exists (select from found where id not in (select customer_id from kept))
            or exists (select from kept where customer_id not in (select id from found)) as differs`.execute(
        database,
      );
      if (rows[0]?.differs === true) return true;
    }
    return false;
  };
  if (segments.length === 0 || !(await changes(until))) return until;
  let [low, high] = [now.getTime(), until.getTime()];
  while (high - low > gridMs) {
    const middle = low + Math.floor((high - low) / 2);
    if (await changes(new Date(middle))) high = middle;
    else low = middle;
  }
  return new Date(Math.min(Math.ceil(high / gridMs) * gridMs, until.getTime()));
}
