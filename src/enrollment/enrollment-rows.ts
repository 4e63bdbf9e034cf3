import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { rowsOf, sampleOf } from "../database/table-rows.ts";
import type { EnrollmentsState } from "../database/tables.ts";
import type { StepId } from "../journey/journey.ts";
import { placeSql } from "./resting.ts";

/** So many of one journey in one state are counted; more of a large table are estimated. */
const few = 5000;

const states: readonly EnrollmentsState[] = ["entered", "waiting", "held", "completed", "exited"];

/** How many of a journey are in the same state at the same place. */
export interface EnrollmentRow {
  readonly journey_id: number;
  readonly state: EnrollmentsState;
  /** Who waits is at the wait of their own version, though the step to execute next is the one after. */
  readonly step: StepId | null;
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
 * The same at a bounded cost. Of a large table what a journey has few of in a state is counted (who is held, the last ones inside);
 * the rest is as large as its share of some pages, which lie all over the table.
 */
export async function estimateEnrollments(database: Database): Promise<readonly EnrollmentRow[]> {
  const { rows, isEstimated } = await rowsOf(database, "enrollments");
  if (!isEstimated) return countEnrollments(database);
  return placed(
    database,
    sql`groups as materialized (
      select journeys.id as journey_id, version_id, known.state,
        (select count(*) from (select from enrollments e where e.journey_id = journeys.id and e.state = known.state limit ${few + 1}) as those) as size
      from journeys cross join unnest(${states}::text[]) as known (state)
    ), sampled as materialized (
      select ${place}, ${sums}, ${rows}::numeric / sum(count(*)) over () as times
      from ${await sampleOf(database, "enrollments")} group by 1, 2, 3, 4, 5, 6, 7
    ), counted as (
      select one.*, false as "isEstimated" from groups cross join lateral (
        select ${place}, ${sums} from (select * from enrollments e
          where e.journey_id = groups.journey_id and e.state = groups.state and groups.size <= ${few} limit ${few}) as all_of_it
        group by 1, 2, 3, 4, 5, 6, 7) as one
      union all
      select sampled.journey_id, sampled.version_id, sampled.state, step, resting_at, reason, holdout,
        round(customers * times), round(converted * times), value * times, true
      from sampled join groups on groups.journey_id = sampled.journey_id and groups.state = sampled.state and size > ${few}
      union all
      -- The pages may have missed most of them, but that there are so many is known.
      select groups.journey_id, groups.version_id, groups.state, null, null, null, false, size - coalesce(sum(customers * times), 0), 0, 0, true
      from groups left join sampled on groups.journey_id = sampled.journey_id and groups.state = sampled.state
      where size > ${few} group by groups.journey_id, groups.version_id, groups.state, size having size > coalesce(sum(customers * times), 0)
    )`,
  );
}

async function placed(
  database: Database,
  counted: RawBuilder<unknown>,
): Promise<readonly EnrollmentRow[]> {
  const { rows } = await sql<EnrollmentRow>`
    with ${counted}
    select counted.journey_id, state, ${placeSql("counted", "version")} as step, reason, holdout, customers, converted, value, "isEstimated"
    from counted join journey_versions version on version.id = counted.version_id`.execute(
    database,
  );
  return rows;
}
