import { type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";
import { listen } from "./heard-event.ts";
import { getJourney } from "./journey-state.ts";
import { lock } from "../database/lock.ts";
import { startMark } from "./start-mark.ts";
import { versionsOf as definitionsOf } from "./version.ts";
import { noteChange } from "./version-change.ts";
import { restoreWithdrawn } from "./withdrawn-work.ts";

export interface RolledBack {
  readonly journey: string;
  /** Numbers of the version that was in force and of the one that is. */
  readonly from: number;
  readonly to: number;
  /** It was done before, and nothing was done now. */
  readonly already: boolean;
  /** Customers of a migration who are back where they stood. */
  readonly broughtBack: number;
  /** Customers of a migration who have moved since, or whose passage ended: they stay where they are. */
  readonly movedOn: number;
  /** Customers who are inside on the version that is left, and go on to its end. */
  readonly draining: number;
  /** The file of the version in force, as it was written. */
  readonly file: string;
  readonly source: string;
}

interface VersionRow {
  readonly id: number;
  readonly number: number;
  readonly file: string;
  readonly source: string;
}

/**
 * Puts the version in force that was so before the last change, or the one with the number `to`, and brings customers back
 * whom a migration moved and who have not moved since. Doing it twice does it once: to go back further, say to which.
 */
export function rollbackJourney(
  database: Database,
  name: string,
  { now, to }: { readonly now: Date; readonly to?: number },
): Promise<RolledBack> {
  return database.transaction().execute(async (transaction) => {
    await lock(transaction, "apply");
    const { id, state } = await getJourney(transaction, name);
    if (state === "archived")
      throw refused(name, "is archived, and has no version in force. Put its file back and apply");
    const versions = await versionsOf(transaction, id);
    const current = await versionInForce(transaction, id, versions);
    const target = await targetOf(transaction, { id, name, current, versions }, to);
    if (target === current)
      return report(transaction, { name, id }, { from: current, to: current }, true);
    await putInForce(transaction, id, current, target, now);
    const undone = await changesSince(transaction, id, target.id);
    const change = { journeyId: id, from: current.id, to: target.id };
    const changeId = await noteChange(transaction, change, now, "rolled back");
    await sql`lock table enrollments in share row exclusive mode`.execute(transaction);
    let broughtBack = 0;
    for (const each of undone) broughtBack += await bringBack(transaction, each, changeId, now);
    await listen(transaction, now);
    const done = await report(transaction, { name, id }, { from: current, to: target }, false);
    return { ...done, broughtBack, movedOn: await leftBehind(transaction, undone) };
  });
}

function refused(name: string, why: string): WaypostError {
  return new WaypostError("WAYPOST_REQUEST", `rollback: journey "${name}" ${why}`);
}

async function versionsOf(
  transaction: Transaction<Tables>,
  journeyId: number,
): Promise<readonly VersionRow[]> {
  return transaction
    .selectFrom("journey_versions")
    .select(["id", "number", "file", "source"])
    .where("journey_id", "=", journeyId)
    .orderBy("number")
    .execute();
}

async function versionInForce(
  transaction: Transaction<Tables>,
  journeyId: number,
  versions: readonly VersionRow[],
): Promise<VersionRow> {
  const { version_id } = await transaction
    .selectFrom("journeys")
    .select("version_id")
    .where("id", "=", journeyId)
    .executeTakeFirstOrThrow();
  return getVersion(versions, ({ id }) => id === version_id);
}

function getVersion(
  versions: readonly VersionRow[],
  isIt: (version: VersionRow) => boolean,
): VersionRow {
  const found = versions.find(isIt);
  if (found === undefined) throw new Error("a journey has a version in force that is gone");
  return found;
}

async function putInForce(
  transaction: Transaction<Tables>,
  journeyId: number,
  current: VersionRow,
  target: VersionRow,
  now: Date,
): Promise<void> {
  const versions = await definitionsOf(transaction, [current.id, target.id]);
  const [was, will] = [versions.get(current.id), versions.get(target.id)];
  const mark = was && will && startMark(was.journey.start, will.journey.start, now, "rolled back");
  await transaction
    .updateTable("journeys")
    .set({
      version_id: target.id,
      changed_at: now,
      ...(mark === undefined ? {} : { entered_until: mark }),
    })
    .where("id", "=", journeyId)
    .execute();
}

interface Rolling {
  readonly id: number;
  readonly name: string;
  readonly current: VersionRow;
  readonly versions: readonly VersionRow[];
}

/** The version to go back to; the current one when that was done already. */
async function targetOf(
  transaction: Transaction<Tables>,
  { id, name, current, versions }: Rolling,
  wanted: number | undefined,
): Promise<VersionRow> {
  if (wanted !== undefined) {
    const found = versions.find(({ number }) => number === wanted);
    if (found !== undefined && found.number <= current.number) return found;
    const known = versions.map(({ number }) => number).filter((number) => number < current.number);
    const which =
      known.length === 0
        ? `version ${current.number} is in force, and none is before it`
        : `expected one of ${known.join(", ")}`;
    throw refused(name, `has no earlier version ${wanted}: ${which}`);
  }
  const { rows } = await sql<{ kind: string; from: number | null }>`
    select kind, from_version_id as from from version_changes
    where journey_id = ${id} and (kind = 'rolled back' or from_version_id is distinct from to_version_id)
    order by id desc limit 1`.execute(transaction);
  const [last] = rows;
  if (last?.kind === "rolled back") return current;
  const before =
    last === undefined
      ? versions.findLast(({ number }) => number < current.number)
      : versions.find((version) => version.id === last.from);
  if (before !== undefined) return before;
  throw refused(
    name,
    `is at its first version, ${current.number}, and there is none before. Remove its file and apply to archive it`,
  );
}

/** What was applied after the target was in force, the newest first. */
async function changesSince(
  transaction: Transaction<Tables>,
  journeyId: number,
  versionId: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from version_changes
    where journey_id = ${journeyId} and kind = 'applied' and undone_by is null
      and id > coalesce((select max(id) from version_changes where journey_id = ${journeyId} and to_version_id = ${versionId}
                         and from_version_id is distinct from to_version_id), 0)
    order by id desc`.execute(transaction);
  return rows.map(({ id }) => id);
}

/** Who stands where the change put them, and has not moved since, is where they stood before. */
async function bringBack(
  transaction: Transaction<Tables>,
  changeId: string,
  undoing: string,
  now: Date,
): Promise<number> {
  await sql`update version_changes set undone_by = ${undoing} where id = ${changeId}`.execute(
    transaction,
  );
  const { rows } = await sql<{ customers: string }>`
    with back as (
      update enrollments e
      set version_id = was.from_version_id, state = was.from_state, step = was.from_step, due_at = was.from_due_at,
          awaiting = was.from_awaiting, reason = was.from_reason, finished_at = null,
          reached_before = coalesce(was.from_reached_before, e.reached_before)
      from moved_enrollments was
      where was.change_id = ${changeId} and was.enrollment_id = e.id and was.brought_back_at is null
        and e.moved_at = was.from_moved_at and e.state = was.to_state and e.step = was.to_step
        and e.due_at is not distinct from was.to_due_at and e.awaiting is not distinct from was.to_awaiting
      returning e.id
    ), noted as (
      update moved_enrollments set brought_back_at = ${now} from back
      where change_id = ${changeId} and enrollment_id = back.id
    )
    select count(*) as customers from back`.execute(transaction);
  await restoreWithdrawn(transaction, changeId, now);
  return Number(rows[0]?.customers ?? 0);
}

async function leftBehind(
  transaction: Transaction<Tables>,
  changeIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ customers: string }>`
    select count(distinct enrollment_id) as customers from moved_enrollments
    where change_id = any(${changeIds}::bigint[]) and brought_back_at is null`.execute(transaction);
  return Number(rows[0]?.customers ?? 0);
}

async function report(
  transaction: Transaction<Tables>,
  { name, id }: { readonly name: string; readonly id: number },
  { from, to }: { readonly from: VersionRow; readonly to: VersionRow },
  already: boolean,
): Promise<RolledBack> {
  const { rows } = await sql<{ customers: string }>`
    select count(*) as customers from enrollments
    where journey_id = ${id} and version_id = ${from.id} and state in ('entered', 'waiting', 'held')`.execute(
    transaction,
  );
  const draining = already ? 0 : Number(rows[0]?.customers ?? 0);
  const { file, source } = to;
  const counts = { broughtBack: 0, movedOn: 0, draining };
  return { journey: name, from: from.number, to: to.number, already, ...counts, file, source };
}
