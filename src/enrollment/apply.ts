import { createHash } from "node:crypto";
import { type Kysely, type Selectable, type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";
import type { Journey } from "../journey/journey.ts";
import { listen } from "./heard-event.ts";
import { lock } from "./lock.ts";

/** A journey as it is to be, and where it was written. */
export interface Written {
  readonly journey: Journey;
  /** The text of the file, and its path below the project. */
  readonly source: string;
  readonly file: string;
}

export interface Applied {
  readonly journey: string;
  readonly outcome: "created" | "changed" | "unchanged" | "restored" | "archived";
  readonly version: number;
}

type JourneyRow = Selectable<Tables["journeys"]>;

/**
 * Makes the journeys of the workflow files the ones that run, all or none: a new immutable version where a definition
 * changed, nothing where it did not. A journey whose file is gone is archived: it enrols no more, and those inside go on
 * to its end. Customers inside stay on the version they entered with.
 */
export async function applyJourneys(
  database: Database,
  written: readonly Written[],
  now: Date,
): Promise<Applied[]> {
  refuseTwins(written);
  return database.transaction().execute(async (transaction) => {
    await lock(transaction, "apply");
    const before = await transaction.selectFrom("journeys").selectAll().execute();
    const rows = new Map(before.map((row) => [row.name, row]));
    const applied: Applied[] = [];
    for (const one of written)
      applied.push(await applyOne(transaction, one, rows.get(one.journey.name), now));
    applied.push(...(await archiveOthers(transaction, written, now)));
    await listen(transaction, now);
    return applied;
  });
}

/** SHA-256 of the definition, whatever the order of its keys. */
function hashOf(journey: Journey): string {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash("sha256").update(JSON.stringify(journey, sorted)).digest("hex");
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

async function applyOne(
  transaction: Transaction<Tables>,
  written: Written,
  row: JourneyRow | undefined,
  now: Date,
): Promise<Applied> {
  const { name } = written.journey;
  if (row === undefined) {
    const id = await insertJourney(transaction, written.journey, now);
    const version = await insertVersion(transaction, id, written, now);
    return { journey: name, outcome: "created", version };
  }
  const current = await currentVersion(transaction, row);
  const isSame = current?.hash === hashOf(written.journey);
  const version = isSame ? current.number : await insertVersion(transaction, row.id, written, now);
  if (row.state === "archived") {
    await activate(transaction, row.id, now);
    return { journey: name, outcome: "restored", version };
  }
  return { journey: name, outcome: isSame ? "unchanged" : "changed", version };
}

async function insertJourney(
  transaction: Transaction<Tables>,
  journey: Journey,
  now: Date,
): Promise<number> {
  const isBackfilled = journey.start.kind === "segment" && journey.start.backfill;
  const { id } = await transaction
    .insertInto("journeys")
    .values({
      name: journey.name,
      created_at: now,
      changed_at: now,
      entered_until: isBackfilled ? null : now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

async function insertVersion(
  transaction: Transaction<Tables>,
  journeyId: number,
  { journey, source, file }: Written,
  now: Date,
): Promise<number> {
  const version = await transaction
    .insertInto("journey_versions")
    .values({
      journey_id: journeyId,
      number: sql<number>`(select coalesce(max(number), 0) + 1 from journey_versions where journey_id = ${journeyId})`,
      definition: JSON.stringify(journey),
      source,
      file,
      hash: hashOf(journey),
      applied_at: now,
    })
    .returning(["id", "number"])
    .executeTakeFirstOrThrow();
  await transaction
    .updateTable("journeys")
    .set({ version_id: version.id, changed_at: now })
    .where("id", "=", journeyId)
    .execute();
  return version.number;
}

function currentVersion(transaction: Kysely<Tables>, { version_id }: JourneyRow) {
  return transaction
    .selectFrom("journey_versions")
    .select(["number", "hash"])
    .where("id", "=", version_id)
    .executeTakeFirst();
}

/** Back in the workflows: from now on, not for what it would have heard while it was away. */
async function activate(transaction: Transaction<Tables>, id: number, now: Date): Promise<void> {
  await transaction
    .updateTable("journeys")
    .set({ state: "active", entered_until: now, changed_at: now })
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
