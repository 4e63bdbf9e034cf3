import { sql } from "kysely";
import { WaypostError } from "../errors.ts";
import type { Database } from "../database/database.ts";
import { readInstallation } from "../database/installation.ts";
import { mayBeSent } from "./plan.ts";

export const restoredReason = "restored: nothing is delivered until waypost confirm-restore";

/**
 * Holds a database back that was found to be restored: its channels are paused, and what a worker had in its hands when
 * the backup was made is of unknown outcome, since that worker went on with it. Run again it pauses channels that are new.
 * The database is known by the id it was looked at under: one that was confirmed meanwhile has another, and is left alone.
 */
export async function holdRestored(
  database: Database,
  channels: readonly { readonly name: string; readonly provider: string }[],
  { id, why }: { readonly id: string; readonly why: string },
  now: Date,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ at: Date | null }>`
      select restored_at as at from installation where id = ${id} for update`.execute(transaction);
    const [found] = rows;
    if (found === undefined) return;
    if (found.at === null) {
      await sql`update installation set restored_at = ${now}, restored_why = ${why}`.execute(
        transaction,
      );
      await doubtHeld(transaction, now);
    }
    await sql`
      insert into channels (name, provider, paused_at, reason, changed_at)
      select name, provider, ${now}::timestamptz, ${restoredReason}::text, ${now}::timestamptz
      from unnest(${channels.map(({ name }) => name)}::text[], ${channels.map(({ provider }) => provider)}::text[]) as given (name, provider)
      union select name, provider, ${now}::timestamptz, ${restoredReason}::text, ${now}::timestamptz from channels where paused_at is null
      order by name
      on conflict (name) do update set paused_at = excluded.paused_at, reason = excluded.reason, changed_at = excluded.changed_at
        where channels.paused_at is null`.execute(transaction);
  });
}

/** Their leases ended long ago, and would have them sent again. */
async function doubtHeld(transaction: Database, now: Date): Promise<void> {
  await sql`
    with held as (
      update messages set state = 'unknown', reason = 'it was on its way when the backup was made', sent_at = coalesce(sent_at, ${now})
      where id in (select unnest(messages) from claims) and state in ('planned', 'retry', 'sending') returning id, attempts
    ), ended as (
      delete from claims
    )
    update attempts a set finished_at = ${now}, outcome = 'unknown', code = 'restored'
    from held where a.message_id = held.id and a.number = held.attempts and a.outcome is null`.execute(
    transaction,
  );
}

/** A call is made again, known by its id. What comes after it the original may have done. */
async function owe(transaction: Database, sentUntil: Date | null): Promise<void> {
  await sql`
    update enrollments enrollment set owed_at = call.due_at
    from calls call
    where call.state in ('planned', 'claimed', 'retry') and call.due_at <= ${sentUntil} and call.enrollment_id = enrollment.id
      and enrollment.state = 'waiting' and enrollment.awaiting = 'call' and enrollment.step = call.step`.execute(
    transaction,
  );
}

/** Whether the database is held back, and since when and why. Cheap: asked before each batch. */
export async function findRestored(
  database: Database,
): Promise<{ readonly beat: string; readonly at: Date | null; readonly why: string | null }> {
  const { rows } = await sql<{ beat: string; at: Date | null; why: string | null }>`
    select beat::text, restored_at as at, restored_why as why from installation`.execute(database);
  return rows[0] ?? { beat: "0", at: null, why: null };
}

/** A channel by itself cannot be opened again before the whole is settled. */
export async function refuseWhileRestored(database: Database, channel: string): Promise<void> {
  const { at, why } = await findRestored(database);
  if (at === null) return;
  throw new WaypostError(
    "WAYPOST_RESTORED",
    `channel "${channel}": expected a database that is not held back; ${why ?? "it was restored"}. See \`waypost confirm-restore\``,
  );
}

export interface Confirmation {
  /** When the installation that the backup was made of sent its last message; null: it had stopped before the backup. */
  readonly sentUntil: Date | null;
  /** Confirm although nothing was noticed: a snapshot put back beneath everything that could have told. */
  readonly isUnnoticed?: boolean;
  readonly now: Date;
}

export interface Confirmed {
  /** Marketing that was due while the original still sent: it may have gone out, and does not again. */
  readonly unknown: number;
  /** Overdue by more than its journey's `max_lateness`. */
  readonly expired: number;
  /** Goes out as soon as its channel is open. */
  readonly due: number;
  readonly channels: readonly string[];
}

/**
 * Lets a restored database deliver again, as the installation it is from now on. Marketing that the original may have
 * sent since the backup becomes unknown, also what is planned from now on but was due by then (owed.ts); transactional
 * messages stay due, since they are sent at least once.
 */
export async function confirmRestore(
  database: Database,
  { sentUntil, isUnnoticed = false, now }: Confirmation,
): Promise<Confirmed> {
  const { found, here } = await readInstallation(database);
  if (found.restoredAt === null && !isUnnoticed) {
    throw new WaypostError(
      "WAYPOST_RESTORED",
      "confirm-restore: expected a database that is held back, found one that works; nothing was changed. For a snapshot that nobody noticed add --unnoticed",
    );
  }
  return database.transaction().execute(async (transaction) => {
    if (found.restoredAt === null) await doubtHeld(transaction, now);
    const expired = await sql`
      update messages set state = 'expired', reason = 'later than the journey allows'
      where needs = 'delivery' and expires_at <= ${now}`.execute(transaction);
    const unknown = await sql`
      update messages set state = 'unknown', reason = ${mayBeSent}, sent_at = least(due_at, ${sentUntil})
      where needs = 'delivery' and class = 'marketing' and (due_at <= ${sentUntil} or planned_at > ${sentUntil})`.execute(
      transaction,
    );
    await owe(transaction, sentUntil);
    const due = await sql<{ count: number }>`select count(*)::int as count from messages
      where needs = 'delivery' and due_at <= ${now}`.execute(transaction);
    await sql`
      update installation set system = ${here.system}, database_oid = ${here.databaseOid}, timeline = ${here.timeline},
        id = gen_random_uuid(), beat = 0, beat_at = clock_timestamp(), restored_at = null, restored_why = null,
        sent_until = greatest(sent_until, ${sentUntil})`.execute(transaction);
    const opened = await sql<{ name: string }>`
      update channels set paused_at = null, reason = null, changed_at = ${now} where reason = ${restoredReason}
      returning name`.execute(transaction);
    return {
      unknown: Number(unknown.numAffectedRows ?? 0n),
      expired: Number(expired.numAffectedRows ?? 0n),
      due: due.rows[0]?.count ?? 0,
      channels: opened.rows.map(({ name }) => name),
    };
  });
}
