import { sql } from "kysely";
import { untrustedText } from "../channel/untrusted-text.ts";
import type { Database } from "../database/database.ts";
import type { Uncomposable } from "./compose.ts";

/** Marks messages that cannot be rendered as failed, with the template's complaint; they can be replayed once it is mended. */
export async function failUncomposable(
  database: Database,
  failed: readonly Uncomposable[],
): Promise<void> {
  await sql`
    update messages m set state = 'failed', reason = failed.reason
    from unnest(${failed.map(({ message }) => message.id)}::bigint[], ${failed.map(({ message }) => message.openedBy)}::uuid[],
      ${failed.map(({ failure }) => untrustedText(failure))}::text[]) as failed (id, opened_by, reason)
    where m.id = failed.id and m.claim_id is not distinct from failed.opened_by and m.needs = 'delivery'`.execute(
    database,
  );
}
