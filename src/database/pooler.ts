import { sql } from "kysely";
import { WaypostError } from "../errors.ts";
import type { Database } from "./database.ts";

const remedy =
  "Waypost listens, locks and prepares statements by session: put the address of Postgres itself into DATABASE_URL, not that of a pooler such as PgBouncer";

/**
 * Refuses what stands between us and the server and gives our sessions to others. One that ignores how a session is to be
 * set up would show one installation the tables of another; one that pools by transaction loses locks and notifications.
 * The latter is found where it has a server connection that was used last; one that takes them in turn may go unseen.
 */
export async function refusePooler(database: Database, schema: string): Promise<void> {
  const path = `${schema},public`;
  const { rows } = await sql<{ path: string }>`
    select current_setting('search_path') as path`.execute(database);
  const seen = rows[0]?.path ?? "";
  // A path that was set for the role comes with spaces.
  if (seen.replaceAll(" ", "") !== path)
    throw refusal(`sessions that search "${path}", got ones that search "${seen}"`);
  if (await isShared(database))
    throw refusal("sessions of our own, got ones that change their server between transactions");
}

/** While another transaction holds a server connection, a session of ours keeps the one it had. */
async function isShared(database: Database): Promise<boolean> {
  const server = sql<{ server: number }>`select pg_backend_pid() as server`;
  return database.connection().execute(async (session) => {
    const before = (await server.execute(session)).rows[0]?.server;
    return database.transaction().execute(async (other) => {
      await server.execute(other);
      return (await server.execute(session)).rows[0]?.server !== before;
    });
  });
}

function refusal(what: string): WaypostError {
  return new WaypostError("WAYPOST_DATABASE", `DATABASE_URL: expected ${what}; ${remedy}`);
}
