import { type Kysely, type Selectable, type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { inTransaction } from "../database/in-transaction.ts";
import type { Tables } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";
import type { Journey } from "../journey/journey.ts";
import type { Migration } from "../journey/migration.ts";
import { definitionHash } from "./definition-hash.ts";
import { type Expected, refuseMoved } from "./expected.ts";
import { listen } from "./heard-event.ts";
import { lock } from "../database/lock.ts";
import { type Moved, migrateCustomers } from "./migrate.ts";
import { withNewKeys } from "./older-version.ts";
import { startMark } from "./start-mark.ts";
import { forgetChange, noteChange } from "./version-change.ts";

/** A journey as it is to be, and where it was written. */
export interface Written {
  readonly journey: Journey;
  /** The text of the file, and its path below the project. */
  readonly source: string;
  readonly file: string;
  /** Which customers of earlier versions move to this one. */
  readonly migration?: Migration | null;
}

export interface Applied {
  readonly journey: string;
  readonly outcome: "created" | "changed" | "unchanged" | "restored" | "archived";
  readonly version: number;
  /** Whom `migrate:` moved; absent when there was nobody. */
  readonly migrated?: Moved;
}

type JourneyRow = Selectable<Tables["journeys"]>;

/**
 * Makes the journeys of the workflow files the ones that run, all or none: a new immutable version where a definition
 * changed, nothing where it did not. A journey whose file is gone is archived: it enrols no more, and those inside go on
 * to its end. Customers inside stay on the version they entered with, or move as the file's `migrate:` says.
 *
 * With `expected`, only what is there may be there: else nothing is done (WAYPOST_STALE).
 */
export async function applyJourneys(
  database: Database,
  written: readonly Written[],
  now: Date,
  expected?: readonly Expected[],
): Promise<Applied[]> {
  refuseTwins(written);
  return inTransaction(database, async (transaction) => {
    await lock(transaction, "apply");
    if (expected !== undefined) await refuseMoved(transaction, expected);
    const before = await transaction.selectFrom("journeys").selectAll().execute();
    const rows = new Map(before.map((row) => [row.name, row]));
    const done: Done[] = [];
    for (const one of written)
      done.push(await applyOne(transaction, one, rows.get(one.journey.name), now));
    const archived = await archiveOthers(transaction, written, now);
    const applied: Applied[] = [];
    // Last, because it locks the enrollments, and workers hold these while they look at journeys.
    for (const one of done) applied.push(await moveCustomers(transaction, one, now));
    applied.push(...archived);
    await listen(transaction, now);
    return applied;
  });
}

function refuseTwins(written: readonly Written[]): void {
  const files = new Map<string, string>();
  for (const { journey, file } of written) {
    const other = files.get(journey.name);
    if (other !== undefined)
      throw new WaypostError(
        "WAYPOST_REQUEST",
        `${file}: expected a journey of its own, found "${journey.name}", which ${other} defines. Rename one of them`,
      );
    files.set(journey.name, file);
  }
}

/** A journey that is in force as it is written, before its customers move. */
interface Done {
  readonly applied: Applied;
  readonly written: Written;
  readonly journeyId: number;
  readonly versionId: number;
  readonly from: number | null;
}

async function applyOne(
  transaction: Transaction<Tables>,
  written: Written,
  row: JourneyRow | undefined,
  now: Date,
): Promise<Done> {
  const { name } = written.journey;
  const journeyId = row?.id ?? (await insertJourney(transaction, written.journey, now));
  const current = row && (await currentVersion(transaction, row));
  const isSame = current?.hash === definitionHash(written.journey);
  const version = isSame ? current : await insertVersion(transaction, journeyId, written, now);
  if (row !== undefined) await carryOn(transaction, row, current, written.journey, now);
  const outcome =
    row === undefined
      ? "created"
      : row.state === "archived"
        ? "restored"
        : isSame
          ? "unchanged"
          : "changed";
  const applied: Applied = { journey: name, outcome, version: version.number };
  return { applied, written, journeyId, versionId: version.id, from: row?.version_id ?? null };
}

/** Notes the change of the version, and takes those along whom the file says move with it. */
async function moveCustomers(
  transaction: Transaction<Tables>,
  { applied, written: { journey, migration, file, source }, journeyId, versionId, from }: Done,
  now: Date,
): Promise<Applied> {
  const isMoving = migration !== undefined && migration !== null && from !== null;
  if (from === versionId && !isMoving) return applied;
  const changeId = await noteChange(transaction, { journeyId, from, to: versionId }, now);
  if (!isMoving) return applied;
  const to = { journeyId, versionId, changeId, journey, source: { file, source } };
  const migrated = await migrateCustomers(transaction, migration, to, now);
  if (migrated.moved + migrated.exited > 0) return { ...applied, migrated };
  if (from === versionId) await forgetChange(transaction, changeId);
  return applied;
}

async function insertJourney(
  transaction: Transaction<Tables>,
  journey: Journey,
  now: Date,
): Promise<number> {
  const mark = startMark(null, journey.start, now) ?? null;
  const { id } = await transaction
    .insertInto("journeys")
    .values({ name: journey.name, created_at: now, changed_at: now, entered_until: mark })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

async function insertVersion(
  transaction: Transaction<Tables>,
  journeyId: number,
  { journey, source, file }: Written,
  now: Date,
): Promise<{ readonly id: number; readonly number: number }> {
  const version = await transaction
    .insertInto("journey_versions")
    .values({
      journey_id: journeyId,
      number: sql<number>`(select coalesce(max(number), 0) + 1 from journey_versions where journey_id = ${journeyId})`,
      definition: JSON.stringify(journey),
      source,
      file,
      hash: definitionHash(journey),
      applied_at: now,
    })
    .returning(["id", "number"])
    .executeTakeFirstOrThrow();
  await transaction
    .updateTable("journeys")
    .set({ version_id: version.id, changed_at: now })
    .where("id", "=", journeyId)
    .execute();
  return version;
}

function currentVersion(transaction: Kysely<Tables>, { version_id }: JourneyRow) {
  return transaction
    .selectFrom("journey_versions")
    .select(["id", "number", "hash", "definition"])
    .where("id", "=", version_id)
    .executeTakeFirst();
}

/** A journey that is back in the workflows is so from now on, not for what it would have heard while it was away. */
async function carryOn(
  transaction: Transaction<Tables>,
  { id, state }: JourneyRow,
  before: { readonly definition: unknown } | undefined,
  { start }: Journey,
  now: Date,
): Promise<void> {
  const was = before === undefined ? null : withNewKeys(before.definition as Journey).start;
  const isBack = state === "archived";
  const mark = startMark(was, start, now, isBack ? "restored" : "applied");
  if (mark === undefined) return;
  await transaction
    .updateTable("journeys")
    .set({ entered_until: mark, changed_at: now, ...(isBack ? { state: "active" } : {}) })
    .where("id", "=", id)
    .execute();
}

async function archiveOthers(
  transaction: Transaction<Tables>,
  written: readonly Written[],
  now: Date,
): Promise<Applied[]> {
  const names = written.map(({ journey }) => journey.name);
  const { rows } = await sql<{ journey: string; version: number }>`
    update journeys set state = 'archived', changed_at = ${now}
    from journey_versions version
    where version.id = journeys.version_id and journeys.state <> 'archived' and journeys.name <> all(${names}::text[])
    returning journeys.name as journey, version.number as version`.execute(transaction);
  return rows.map((row) => ({ ...row, outcome: "archived" }));
}
