import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Forgetting } from "../database/forget.ts";
import { sqlStateOf } from "../database/sql-state.ts";
import { interval } from "../duration.ts";

const lockTimeout = "55P03";

/**
 * Drops months of events that are old as a whole, and deletes old events that no month covers, at most `limit`. A month that
 * somebody reads for long is left for the next time: whoever wants to read events would wait behind us. Returns how many
 * events went; `limit` for a month, after which another may go.
 */
export async function dropOldEvents(
  database: Database,
  { now, keep, limit }: Forgetting,
): Promise<number> {
  const before = sql`(${now}::timestamptz - ${interval(keep)}::interval)`;
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'events'::regclass and relname ~ '^events_\\d{4}_\\d{2}$'
      and make_timestamptz(substr(relname, 8, 4)::int, substr(relname, 13, 2)::int, 1, 0, 0, 0, 'UTC') + interval '1 month' <= ${before}
    order by 1 limit 1`.execute(database);
  const [month] = rows;
  if (month !== undefined) return (await dropMonth(database, month.name)) ? limit : 0;
  const { numAffectedRows = 0n } = await sql`
    delete from events_elsewhen where (id, occurred_at) in (
      select id, occurred_at from events_elsewhen where occurred_at < ${before} limit ${limit} for update skip locked)`.execute(
    database,
  );
  return Number(numAffectedRows);
}

async function dropMonth(database: Database, name: string): Promise<boolean> {
  try {
    await database.transaction().execute(async (transaction) => {
      await sql`set local lock_timeout = '1s'`.execute(transaction);
      await sql`drop table ${sql.table(name)}`.execute(transaction);
    });
    return true;
  } catch (thrown) {
    if (sqlStateOf(thrown) === lockTimeout) return false;
    throw thrown;
  }
}
