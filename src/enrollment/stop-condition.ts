import { type Kysely, type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Journey } from "../journey/journey.ts";
import { takeBack } from "./take-back.ts";
import { versionsOf } from "./version.ts";

/** Enrollments that one of the journey's stop conditions holds for, with the reason they end by. */
export interface Stopped {
  readonly reason: string;
  readonly ids: readonly string[];
}

/** Asks the journey's stop conditions of a set of enrollments. The first that holds gives the reason. */
export async function findStopped(
  transaction: Kysely<Tables>,
  journey: Journey,
  ids: readonly string[],
  now: Date,
): Promise<readonly Stopped[]> {
  const reason = reasonSql(journey, now);
  if (reason === undefined || ids.length === 0) return [];
  const { rows } = await sql<Stopped>`
    select reason, array_agg(id) as ids
    from (
      select enrollment.id, ${reason} as reason
      from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
      where enrollment.id = any(${ids}::bigint[])
    ) as asked
    where reason is not null
    group by reason`.execute(transaction);
  return rows;
}

/**
 * Ends every open enrollment that a stop condition holds for, without waiting for its next step. To be called now and
 * then: a condition is true from some moment on, and nobody reports that moment. Returns how many ended.
 */
export async function stopByConditions(database: Database, now: Date): Promise<number> {
  let stopped = 0;
  for (const version of await versionsWithStops(database)) {
    for (let ended = BATCH; ended === BATCH; stopped += ended)
      ended = await endBatch(database, version.id, version.journey, now);
  }
  return stopped;
}

const BATCH = 5_000;

async function versionsWithStops(database: Database) {
  const { rows } = await sql<{ id: number }>`
    select version.id from journey_versions version
    where version.definition -> 'stop' @> '[{"kind": "condition"}]'
      and exists (select from enrollments e where e.journey_id = version.journey_id and e.version_id = version.id
                  and e.state in ('entered', 'waiting', 'held'))`.execute(database);
  const ids = rows.map(({ id }) => id);
  return (await versionsOf(database, ids)).values();
}

function endBatch(
  database: Database,
  versionId: number,
  journey: Journey,
  now: Date,
): Promise<number> {
  const reason = reasonSql(journey, now) ?? sql`null`;
  return database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      with found as (
        select enrollment.id, ${reason} as reason
        from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
        where enrollment.journey_id = (select journey_id from journey_versions where id = ${versionId})
          and enrollment.version_id = ${versionId} and enrollment.state in ('entered', 'waiting', 'held')
          and ${reason} is not null
        limit ${BATCH}
        for no key update of enrollment skip locked
      )
      update enrollments enrollment
      set state = 'exited', reason = found.reason, due_at = null, awaiting = null, moved_at = ${now}, finished_at = ${now}
      from found where enrollment.id = found.id
      returning enrollment.id`.execute(transaction);
    await takeBack(
      transaction,
      rows.map(({ id }) => id),
    );
    return rows.length;
  });
}

function reasonSql(journey: Journey, now: Date): RawBuilder<string> | undefined {
  const conditions = journey.stop.filter((stop) => stop.kind === "condition");
  if (conditions.length === 0) return undefined;
  const cases = conditions.map(
    (stop) =>
      sql`when ${conditionSql(stop.if, { now, customer: "customer", enrollment: "enrollment" })} then ${stop.as}::text`,
  );
  return sql<string>`case ${sql.join(cases, sql` `)} end`;
}
