import { sql } from "kysely";
import { WaypostError } from "../errors.ts";
import type { Database } from "./database.ts";
import { sqlStateOf } from "./sql-state.ts";

/** Node may know a newer zone than the server, where it would make every statement fail that reckons in it. */
export async function checkZones(
  database: Database,
  zones: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [key, names] of Object.entries(zones))
    for (const name of names)
      if (!(await isZone(database, name)))
        throw new WaypostError(
          "WAYPOST_CONFIG",
          `waypost.yaml ${key}: expected a time zone that the database knows, got "${name}"; use an older name of it, or update the server's time zones`,
        );
}

async function isZone(database: Database, name: string): Promise<boolean> {
  try {
    await sql`select timestamptz 'epoch' at time zone ${name}`.execute(database);
    return true;
  } catch (thrown) {
    if (sqlStateOf(thrown) === "22023") return false;
    throw thrown;
  }
}
