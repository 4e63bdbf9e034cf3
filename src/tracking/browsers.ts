import { sql } from "kysely";
import type { Fading } from "../database/fade.ts";

/** Whose browser opened or clicked: machines have been told apart by then. */
export const browsers: readonly Fading[] = (["opens", "clicks"] as const).map((table) => ({
  table,
  at: "at",
  async fade(transaction, ids) {
    await sql`update ${sql.table(table)} set user_agent = null
      where id = any(${ids}::bigint[]) and user_agent is not null`.execute(transaction);
  },
}));
