import { sql } from "kysely";
import type { Fading } from "../database/fade.ts";

/** To what address a message went, under which subject, and what the provider said of it. That it went, and what came of it, stays. */
export const oldMessages: Fading = {
  table: "messages",
  at: "planned_at",
  async fade(transaction, ids) {
    await sql`
      with old as (
        update messages set address = null, subject = null,
          reason = case when state in ('suppressed', 'expired') then reason end
        where id = any(${ids}::bigint[]) and needs is distinct from 'delivery' and state <> 'sending' returning id
      ), called as (
        update attempts set detail = null, text_sha256 = null from old where message_id = old.id
      )
      update reports set detail = null from old where message_id = old.id and detail is not null`.execute(
      transaction,
    );
  },
};
