import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { type Duration, interval } from "../duration.ts";

/**
 * Forgets ids that callers gave to their events so long ago, at most `limit` of them: from then on the same id is a new
 * event. The ids of imported rows, which are made of all that a row says, are kept: a file may come again after years.
 */
export async function forgetEventKeys(
  database: Database,
  { now, keep, limit }: { readonly now: Date; readonly keep: Duration; readonly limit: number },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from event_keys where key in (
      select key from event_keys where key not like 'row:%' and received_at < ${now}::timestamptz - ${interval(keep)}::interval
      order by received_at limit ${limit} for update skip locked)`.execute(database);
  return Number(numAffectedRows);
}
