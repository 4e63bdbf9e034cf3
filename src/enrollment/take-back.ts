import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

/**
 * Takes back what stopped enrollments have planned and nobody has begun to send. A worker that has claimed such a message
 * finds its fence raised, and leaves it.
 */
export async function takeBack(
  transaction: Kysely<Tables>,
  enrollments: readonly string[],
): Promise<void> {
  if (enrollments.length === 0) return;
  await sql`
    update messages set state = 'suppressed', reason = 'stopped', fence = fence + 1, lease_until = null
    where enrollment_id = any(${enrollments}::bigint[]) and state in ('planned', 'claimed', 'retry')`.execute(
    transaction,
  );
}
