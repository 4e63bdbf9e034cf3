import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** What /readyz answers: 200 where it is well, else 503. */
export interface Readiness {
  readonly ok: boolean;
  readonly database: "answers" | "does not answer";
}

/** Whether there is any use in giving a process work: its database answers. */
export async function readiness(database: Database): Promise<Readiness> {
  const ok = await sql`select 1`.execute(database).then(
    () => true,
    () => false,
  );
  return { ok, database: ok ? "answers" : "does not answer" };
}
