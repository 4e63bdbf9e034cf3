import { sql } from "kysely";
import { untrustedText } from "../channel/untrusted-text.ts";
import type { Database } from "../database/database.ts";
import type { Uncomposable } from "./compose.ts";

/** How long after an apply the workers of before may still be at work, without the templates that came with it. */
const rolloutHours = 1;
const againAfterSeconds = 60;

/**
 * Marks messages that cannot be rendered as failed, with the template's complaint; they can be replayed once it is mended.
 * Where the template is missing and the version is new, this worker is older than it: the message waits for another one.
 */
export async function failUncomposable(
  database: Database,
  failed: readonly Uncomposable[],
  now: Date,
): Promise<void> {
  await sql`
    update messages m set state = case when is_early then 'retry' else 'failed' end,
      due_at = case when is_early then ${now}::timestamptz + ${againAfterSeconds} * interval '1 second' else m.due_at end,
      reason = failed.reason || case when is_early then '; waits for a worker that has it: restart those of before the apply' else '' end
    from unnest(${failed.map(({ message }) => message.id)}::bigint[], ${failed.map(({ message }) => message.openedBy)}::uuid[],
      ${failed.map(({ failure }) => untrustedText(failure))}::text[], ${failed.map(({ lacksTemplate }) => lacksTemplate)}::boolean[])
      as failed (id, opened_by, reason, lacks_template)
    join messages mine on mine.id = failed.id
    join journey_versions version on version.id = mine.version_id
    cross join lateral (select failed.lacks_template
      and version.applied_at > ${now}::timestamptz - ${rolloutHours} * interval '1 hour' as is_early) as rollout
    where m.id = failed.id and m.claim_id is not distinct from failed.opened_by and m.needs = 'delivery'`.execute(
    database,
  );
}
