import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { rowsOf, sampleOf } from "../database/table-rows.ts";
import type { EnrollmentsState } from "../database/tables.ts";
import type { StepId } from "../journey/journey.ts";
import { placeSql } from "./resting.ts";

/** So many of one journey at one step, or over, are counted; more of a large table are estimated. */
const few = 2000;

/** How many of a journey are in the same state at the same place. */
export interface EnrollmentRow {
  readonly journey_id: number;
  readonly state: EnrollmentsState;
  /** Who waits is at the wait of their own version, though the step to execute next is the one after. */
  readonly step: StepId | null;
  /** The step to execute next. */
  readonly ahead: StepId | null;
  readonly reason: string | null;
  readonly holdout: boolean;
  readonly customers: string;
  readonly converted: string;
  readonly value: string | null;
  readonly isEstimated: boolean;
}

const place = sql`journey_id, version_id, state, step, resting_at, case when state = 'exited' then reason end as reason, holdout`;
const sums = sql`count(*)::numeric as customers, count(converted_at)::numeric as converted, sum(conversion_value) as value`;

/** Every enrollment is counted. */
export async function countEnrollments(database: Database): Promise<readonly EnrollmentRow[]> {
  return placed(
    database,
    sql`counted as (select ${place}, ${sums}, false as "isEstimated" from enrollments group by 1, 2, 3, 4, 5, 6, 7)`,
  );
}

/**
 * The same at a bounded cost. Of a large table what a journey has few of at a step, or over, is counted (who is held, the last ones
 * inside); the rest is as large as its share of some pages, which lie all over the table.
 */
export async function estimateEnrollments(database: Database): Promise<readonly EnrollmentRow[]> {
  const { rows, isEstimated } = await rowsOf(database, "enrollments");
  if (!isEstimated) return countEnrollments(database);
  const isOf = sql`sampled.journey_id = groups.journey_id and sampled.state = groups.state and (groups.step is null or groups.step = sampled.step)`;
  return placed(
    database,
    sql`inside as materialized (
      select place.*, ${sizeOf(inside)} as size from (
        select distinct journeys.id as journey_id, journeys.version_id, known.state, step
        from journeys join journey_versions version on version.journey_id = journeys.id
        cross join jsonb_object_keys(version.definition -> 'steps') as step cross join unnest(array['entered', 'waiting', 'held']) as known (state)) as place
    ), over as materialized (
      select place.*, ${sizeOf(over)} as size from (
        select id as journey_id, version_id, known.state, null as step from journeys cross join unnest(array['completed', 'exited']) as known (state)) as place
    ), groups as (
      select * from inside union all select * from over
    ), sampled as materialized (
      select ${place}, ${sums}, ${rows}::numeric / sum(count(*)) over () as times
      from ${await sampleOf(database, "enrollments")} group by 1, 2, 3, 4, 5, 6, 7
    ), counted as (
      select ${place}, ${sums}, false as "isEstimated" from (
        select one.* from inside as place cross join lateral (select e.* ${inside} and place.size <= ${few} limit ${few}) as one
        union all
        select one.* from over as place cross join lateral (select e.* ${over} and place.size <= ${few} limit ${few}) as one) as those
      group by 1, 2, 3, 4, 5, 6, 7
      union all
      select sampled.journey_id, sampled.version_id, sampled.state, sampled.step, resting_at, reason, holdout,
        round(customers * times), round(converted * times), value * times, true
      from sampled join groups on ${isOf} and size > ${few}
      union all
      -- The pages may have missed most of them, but that there are so many is known.
      select groups.journey_id, groups.version_id, groups.state, groups.step, null, null, false, size - coalesce(sum(customers * times), 0), 0, 0, true
      from groups left join sampled on ${isOf}
      where size > ${few} group by groups.journey_id, groups.version_id, groups.state, groups.step, size having size > coalesce(sum(customers * times), 0)
    )`,
  );
}

const over = sql`from enrollments e where e.journey_id = place.journey_id and e.state = place.state`;
const inside = sql`${over} and e.step = place.step`;

function sizeOf(those: RawBuilder<unknown>): RawBuilder<number> {
  return sql`(select count(*) from (select ${those} limit ${few + 1}) as those)`;
}

async function placed(
  database: Database,
  counted: RawBuilder<unknown>,
): Promise<readonly EnrollmentRow[]> {
  const { rows } = await sql<EnrollmentRow>`
    with ${counted}
    select counted.journey_id, state, ${placeSql("counted", "version")} as step, step as ahead, reason, holdout, customers, converted, value, "isEstimated"
    from counted join journey_versions version on version.id = counted.version_id`.execute(
    database,
  );
  return rows;
}
