import { type Kysely, type RawBuilder, sql } from "kysely";
import { LRUCache } from "lru-cache";
import type { JourneysState, Tables } from "../database/tables.ts";
import type { Duration } from "../duration.ts";
import { WaypostError } from "../errors.ts";
import type { Journey } from "../journey/journey.ts";
import { withNewKeys } from "./older-version.ts";

/** An applied, immutable form of a journey. */
export interface Version {
  readonly id: number;
  readonly journeyId: number;
  readonly journey: Journey;
}

/** A journey as it enrols now. */
export interface Enrolling extends Version {
  readonly state: JourneysState;
  readonly enteredUntil: Date | null;
}

/** What a version is known by, where its definition need not be read again. */
export interface VersionMark {
  readonly id: number;
  readonly journey_id: number;
  readonly hash: string;
}

/** Versions are immutable and asked for at every turn. The hash tells apart those of several databases, or of an emptied one. */
const known = new LRUCache<string, Journey>({ max: 1000 });
const keyOf = ({ id, hash }: Pick<VersionMark, "id" | "hash">) => `${id} ${hash}`;

export async function versionsOf(
  database: Kysely<Tables>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Version>> {
  if (ids.length === 0) return new Map();
  const marks = await database
    .selectFrom("journey_versions")
    .select(["id", "journey_id", "hash"])
    .where("id", "in", [...new Set(ids)])
    .execute();
  return versionsBy(database, marks);
}

/** The versions of these marks, of which only those are read that this process has not seen yet. */
export async function versionsBy(
  database: Kysely<Tables>,
  marks: readonly VersionMark[],
): Promise<ReadonlyMap<number, Version>> {
  const journeys = new Map(marks.map((mark) => [mark.id, known.get(keyOf(mark))]));
  const unknown = marks.map(({ id }) => id).filter((id) => journeys.get(id) === undefined);
  for (const { id, journey, hash } of await read(database, unknown)) {
    known.set(keyOf({ id, hash }), journey);
    journeys.set(id, journey);
  }
  return new Map(
    marks.flatMap(({ id, journey_id: journeyId }) => {
      const journey = journeys.get(id);
      return journey === undefined ? [] : [[id, { id, journeyId, journey }] as const];
    }),
  );
}

async function read(database: Kysely<Tables>, ids: readonly number[]) {
  if (ids.length === 0) return [];
  const rows = await database
    .selectFrom("journey_versions")
    .select(["id", "hash", "definition"])
    .where("id", "in", ids)
    .execute();
  return rows.map((row) => ({ id: row.id, hash: row.hash, journey: journeyOf(row) }));
}

/** The versions that enrol: those of active journeys. */
export async function enrollingJourneys(database: Kysely<Tables>): Promise<readonly Enrolling[]> {
  const rows = await selectEnrolling(database)
    .where("state", "=", "active")
    .orderBy("version.id")
    .execute();
  return asEnrolling(database, rows);
}

export async function getEnrolling(
  database: Kysely<Tables>,
  journeyId: number,
): Promise<Enrolling> {
  const rows = await selectEnrolling(database).where("journeys.id", "=", journeyId).execute();
  const [found] = await asEnrolling(database, rows);
  if (found === undefined)
    throw new WaypostError("WAYPOST_NOT_FOUND", `journey ${journeyId}: no such journey is applied`);
  return found;
}

/** The journey of that name, if one was ever applied. */
export async function findEnrolling(
  database: Kysely<Tables>,
  name: string,
): Promise<Enrolling | undefined> {
  const rows = await selectEnrolling(database).where("journeys.name", "=", name).execute();
  return (await asEnrolling(database, rows))[0];
}

function selectEnrolling(database: Kysely<Tables>) {
  return database
    .selectFrom("journeys")
    .innerJoin("journey_versions as version", "version.id", "journeys.version_id")
    .select(["version.id", "version.journey_id", "version.hash", "state", "entered_until"]);
}

interface EnrollingRow extends VersionMark {
  readonly state: JourneysState;
  readonly entered_until: Date | null;
}

async function asEnrolling(
  database: Kysely<Tables>,
  rows: readonly EnrollingRow[],
): Promise<readonly Enrolling[]> {
  const versions = await versionsBy(database, rows);
  return rows.flatMap((row) => {
    const version = versions.get(row.id);
    return version === undefined
      ? []
      : [{ ...version, state: row.state, enteredUntil: row.entered_until }];
  });
}

/** Every version that can still hear an event: it enrols, somebody is inside, or a goal may still be reached. */
export async function livingVersions(
  database: Kysely<Tables>,
  now: Date,
): Promise<readonly Version[]> {
  const { rows } = await sql<{ id: number; journey_id: number; definition: unknown }>`
    select version.id, version.journey_id, version.definition
    from journey_versions version join journeys on journeys.id = version.journey_id
    where (journeys.version_id = version.id and journeys.state <> 'archived')
       or exists (select from enrollments e where e.journey_id = version.journey_id and e.version_id = version.id
                  and e.state in ('entered', 'waiting', 'held'))
       or exists (select from enrollments e where e.journey_id = version.journey_id and e.version_id = version.id
                  and e.converted_at is null and ${mayConvert(now)})
    order by version.id`.execute(database);
  return rows.map(asVersion);
}

/**
 * Whether the goal still counts for the enrollment `e` of `version`; without a window it does for ever. A month more, for
 * what is reported late.
 */
function mayConvert(now: Date): RawBuilder<boolean> {
  const part = (name: keyof Duration) =>
    sql`(version.definition #>> ${sql.lit(`{objective,within,${name}}`)})::int`;
  return sql<boolean>`jsonb_typeof(version.definition #> '{objective,goal}') = 'string' and coalesce(
    e.entered_at + make_interval(months => ${part("months")}, days => ${part("days")}, secs => ${part("seconds")})
      + interval '1 month' > ${now}::timestamptz, true)`;
}

function asVersion(row: { id: number; journey_id: number; definition: unknown }): Version {
  return { id: row.id, journeyId: row.journey_id, journey: journeyOf(row) };
}

/** What `apply` stored is what the checked parser returned, of this release or of one that knew fewer keys. */
function journeyOf({ definition }: { readonly definition: unknown }): Journey {
  return withNewKeys(definition as Journey);
}
