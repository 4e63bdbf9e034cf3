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
    update messages m set state = 'failed', reason = failed.reason, lease_until = null
    from unnest(${failed.map(({ message }) => message.id)}::bigint[], ${failed.map(({ message }) => message.fence)}::bigint[],
      ${failed.map(({ failure }) => untrustedText(failure))}::text[]) as failed (id, fence, reason)
    where m.id = failed.id and m.fence = failed.fence and m.state = 'claimed'`.execute(database);
}
