import { sql } from "kysely";
import type { Database } from "../database/database.ts";

const zonesOf = new WeakMap<Database, Promise<ReadonlySet<string>>>();

/**
 * The time zones the server knows; Node may know newer ones, and a customer in one of those would be refused by the
 * table together with all that is written beside it. Asked once, since the server reads some hundred files for it.
 */
export function knownZones(database: Database): Promise<ReadonlySet<string>> {
  const asked = zonesOf.get(database) ?? askForZones(database);
  zonesOf.set(database, asked);
  asked.catch(() => zonesOf.delete(database));
  return asked;
}

async function askForZones(database: Database): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`SELECT name FROM pg_timezone_names`.execute(
    database,
  );
  return new Set(rows.map(({ name }) => name));
}
