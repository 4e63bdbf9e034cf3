import { type Kysely, type RawBuilder, sql } from "kysely";
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

export async function versionsOf(
  database: Kysely<Tables>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Version>> {
  if (ids.length === 0) return new Map();
  const rows = await database
    .selectFrom("journey_versions")
    .select(["id", "journey_id", "definition"])
    .where("id", "in", [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, asVersion(row)]));
}

/** The versions that enrol: those of active journeys. */
export async function enrollingJourneys(database: Kysely<Tables>): Promise<readonly Enrolling[]> {
  const rows = await selectEnrolling(database)
    .where("state", "=", "active")
    .orderBy("version.id")
    .execute();
  return rows.map(asEnrolling);
}

export async function getEnrolling(
  database: Kysely<Tables>,
  journeyId: number,
): Promise<Enrolling> {
  const row = await selectEnrolling(database)
    .where("journeys.id", "=", journeyId)
    .executeTakeFirst();
  if (row === undefined)
    throw new WaypostError("WAYPOST_NOT_FOUND", `journey ${journeyId}: no such journey is applied`);
  return asEnrolling(row);
}

/** The journey of that name, if one was ever applied. */
export async function findEnrolling(
  database: Kysely<Tables>,
  name: string,
): Promise<Enrolling | undefined> {
  const row = await selectEnrolling(database).where("journeys.name", "=", name).executeTakeFirst();
  return row && asEnrolling(row);
}

function selectEnrolling(database: Kysely<Tables>) {
  return database
    .selectFrom("journeys")
    .innerJoin("journey_versions as version", "version.id", "journeys.version_id")
    .select(["version.id", "version.journey_id", "version.definition", "state", "entered_until"]);
}

function asEnrolling(row: {
  id: number;
  journey_id: number;
  definition: unknown;
  state: JourneysState;
  entered_until: Date | null;
}): Enrolling {
  return { ...asVersion(row), state: row.state, enteredUntil: row.entered_until };
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

/** What `apply` stored is what the checked parser returned, of this release or of one that knew fewer keys. */
function asVersion(row: { id: number; journey_id: number; definition: unknown }): Version {
  return {
    id: row.id,
    journeyId: row.journey_id,
    journey: withNewKeys(row.definition as Journey),
  };
}
