import { sql } from "kysely";
import type { Database } from "./database.ts";

/** What the database says of itself: where its row was written, and how far it had come. */
export interface Installation {
  readonly id: string;
  readonly system: string | null;
  readonly databaseOid: string;
  readonly timeline: string | null;
  readonly beat: string;
  readonly beatAt: Date;
  readonly restoredAt: Date | null;
  readonly restoredWhy: string | null;
}

/** Where that row is read now. */
export interface Whereabouts {
  readonly system: string | null;
  readonly databaseOid: string;
  readonly timeline: string | null;
  /** By the database's clock. */
  readonly now: Date;
}

/** A heartbeat that was seen outside the database: by this worker, in Redis, or in a file. */
export interface Stamp {
  readonly id: string;
  readonly beat: string;
  readonly at: Date;
  /** "Redis" and so on, for the reader. */
  readonly where: string;
}

const columns = sql`id, system, database_oid::text as "databaseOid", timeline, beat::text, beat_at as "beatAt",
  restored_at as "restoredAt", restored_why as "restoredWhy"`;

/** The installation as it is written, and where it is now; a database nobody worked on yet is noted here and now. */
export async function readInstallation(
  database: Database,
): Promise<{ readonly found: Installation; readonly here: Whereabouts }> {
  const here = await findWhereabouts(database);
  await sql`insert into installation (system, database_oid, timeline)
    values (${here.system}, ${here.databaseOid}, ${here.timeline}) on conflict do nothing`.execute(
    database,
  );
  const { rows } = await sql<Installation>`select ${columns} from installation`.execute(database);
  const [found] = rows;
  if (found === undefined) throw new Error("installation: expected one row, found none");
  return { found, here };
}

/** The server's identity where the role may read it: some managed servers keep it to themselves. */
async function findWhereabouts(database: Database): Promise<Whereabouts> {
  const { rows } = await sql<Whereabouts & { mayAsk: boolean }>`
    select null as system, oid::text as "databaseOid", clock_timestamp() as now,
      substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline,
      has_function_privilege('pg_control_system()', 'execute') as "mayAsk"
    from pg_database where datname = current_database()`.execute(database);
  const [here] = rows;
  if (here === undefined) throw new Error("pg_database: expected the current database");
  const { mayAsk, ...known } = here;
  if (!mayAsk) return known;
  const asked = await sql<{ system: string }>`
    select system_identifier::text as system from pg_control_system()`.execute(database);
  return { ...known, system: asked.rows[0]?.system ?? null };
}

/**
 * Counts the heartbeat on, durably: a stamp is written outside only of what the database cannot forget. Follows the
 * server to its next timeline, and to whatever else was judged to be the same installation.
 */
export async function beat(
  database: Database,
  { timeline }: Pick<Whereabouts, "timeline">,
): Promise<Installation | undefined> {
  const { rows } = await sql<Installation>`
    with durable as (select set_config('synchronous_commit', 'on', true) as is_on)
    update installation set beat = beat + 1, beat_at = clock_timestamp(), timeline = ${timeline}
    from durable where durable.is_on = 'on' and restored_at is null
    returning ${columns}`.execute(database);
  return rows[0];
}

/** A failover takes a moment; a database that was restored from yesterday has not been worked on since. */
const failoverMs = 5 * 60_000;
/** A stamp this close to the database's own last heartbeat was written beside it. */
const besideMs = 2 * 60_000;

/** Why this database must be a restored one or a copy, or null when nothing speaks for it. */
export function whyRestored(
  found: Installation,
  here: Whereabouts,
  stamps: readonly Stamp[],
): string | null {
  if (isOther(found.system, here.system)) return "it was last worked on as part of another server";
  if (found.databaseOid !== here.databaseOid)
    return "it was last worked on as another database of this server";
  const ours = stamps.filter(({ id }) => id === found.id);
  const ahead = ours.find(({ beat }) => BigInt(beat) > BigInt(found.beat));
  if (ahead !== undefined)
    return `it ends at heartbeat ${found.beat} of ${shown(found.beatAt)}, and ${ahead.where} has seen heartbeat ${ahead.beat} of ${shown(ahead.at)}`;
  const age = here.now.getTime() - found.beatAt.getTime();
  const isFollowed = ours.some(({ at }) => found.beatAt.getTime() - at.getTime() < besideMs);
  if (isOther(found.timeline, here.timeline) && age > failoverMs && !isFollowed)
    return `its server was recovered (timeline ${found.timeline} became ${here.timeline}), and its last heartbeat was at ${shown(found.beatAt)}`;
  return null;
}

/** What cannot be read on one side says nothing. */
function isOther(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now;
}

function shown(instant: Date): string {
  return instant.toISOString().replace(/\.\d+/, "");
}
