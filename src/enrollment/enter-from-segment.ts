import { type Kysely, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { inRange, meetsStart, openStart } from "./start.ts";

/**
 * Enrols who came into the journey's segment since it last looked, and is still in it: since the journey was applied, or
 * with `backfill` from the beginning. Returns how many.
 */
export function enterFromSegment(
  database: Database,
  journeyId: number,
  now: Date,
): Promise<number> {
  return openStart(database, journeyId, "segment", now, async (session, version, start) => {
    const after = version.enteredUntil ?? new Date(0);
    const newest = await newestMember(session, start.segment, after, now);
    if (newest === undefined) return undefined;
    return {
      until: newest,
      entrants: (range) => ({
        from: sql`segment_members as member join customers as customer on customer.id = member.customer_id`,
        where: sql`member.segment_id = (select id from segments where name = ${start.segment}) and member.left_at is null
          and member.entered_at > ${after} and member.entered_at <= ${newest}
          and ${inRange(range)} and ${meetsStart(version, now)}`,
        key: sql<string>`'segment:' || extract(epoch from member.entered_at)`,
        entry: sql`'{}'::jsonb`,
        enteredAt: sql<Date>`${now}::timestamptz`,
      }),
    };
  });
}

/** Members of one refresh share their time of entry and appear at once, so this is an exact mark. */
async function newestMember(
  session: Kysely<Tables>,
  segment: string,
  after: Date,
  now: Date,
): Promise<Date | undefined> {
  const { rows } = await sql<{ newest: Date | null }>`
    select max(member.entered_at) as newest
    from segment_members member join segments on segments.id = member.segment_id
    where segments.name = ${segment} and member.entered_at > ${after} and member.entered_at <= ${now}`.execute(
    session,
  );
  return rows[0]?.newest ?? undefined;
}
