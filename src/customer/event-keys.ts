import { sql } from "kysely";
import type { Forgettable } from "../database/forget.ts";

/**
 * The ids that callers gave to their events: once one is forgotten, the same id is a new event. The ids of imported rows,
 * which are made of all that a row says, are kept: a file may come again after years.
 */
export const eventKeys: Forgettable = {
  table: "event_keys",
  key: "key",
  at: "received_at",
  only: () => sql`key not like 'row:%'`,
};
