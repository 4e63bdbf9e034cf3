import { type Kysely, sql } from "kysely";
import type { EnrollmentsState, Tables } from "../database/tables.ts";
import type { Journey, StepId } from "../journey/journey.ts";
import { placeSql } from "./resting.ts";

/** So many customers stand at a step of one version of a journey: they wait for it, or at it for an event, or are held. */
export interface Standing {
  readonly versionId: number;
  readonly version: number;
  readonly journey: Journey;
  readonly step: StepId;
  /** The wait before that step, of those who rest at one. */
  readonly restingAt: StepId | null;
  readonly state: EnrollmentsState;
  readonly awaiting: boolean;
  readonly customers: number;
}

/** Everybody inside a journey, on whatever version. */
export async function standingIn(
  database: Kysely<Tables>,
  journeyId: number,
): Promise<readonly Standing[]> {
  const { rows } = await sql<Omit<Standing, "customers"> & { customers: string }>`
    select version.id as "versionId", version.number as version, version.definition as journey, here.step, here.state,
           here.awaiting, here.customers, case when ${placeSql("here", "version")} <> here.step then here.resting_at end as "restingAt"
    from (
      select version_id, step, resting_at, state, awaiting is not null as awaiting, count(*) as customers
      from enrollments where journey_id = ${journeyId} and state in ('entered', 'waiting', 'held')
      group by 1, 2, 3, 4, 5
    ) as here
    join journey_versions version on version.id = here.version_id
    order by version.number desc, here.step, here.resting_at nulls first, here.state, here.awaiting`.execute(
    database,
  );
  return rows.map((row) => ({ ...row, customers: Number(row.customers) }));
}
