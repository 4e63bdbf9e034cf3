import { type Kysely, type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { eachInTurn } from "../errors.ts";
import type { Journey } from "../journey/journey.ts";
import { sparing } from "./spare.ts";
import { takeBack } from "./take-back.ts";
import { type Version, versionsOf } from "./version.ts";

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
 * Ends every open enrollment that a stop condition holds for, without waiting for its next step, and takes back what those
 * that are through have not sent yet. To be called now and then: a condition is true from some moment on, and nobody
 * reports that moment. Returns how many ended. A condition that fails is no other journey's loss, and is thrown at the end.
 */
export async function stopByConditions(database: Database, now: Date): Promise<number> {
  let stopped = 0;
  await eachInTurn(await versionsWithStops(database), async (version) => {
    for (let ended = BATCH; ended === BATCH; stopped += ended)
      ended = await endBatch(database, version, now);
    for (let through = BATCH; through === BATCH;)
      through = await takeBackBatch(database, version, now);
  });
  return stopped;
}

/**
 * Asks the stop conditions of those whose messages are about to be sent, whether they are still inside or through: a message
 * may have lain for a night. Takes back what is not to go, and returns it. A condition that fails for somebody stops nobody
 * here, nor the messages beside.
 */
export async function stopBeforeSending(
  database: Database,
  messages: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const asked = await underConditions(database, messages);
  if (asked.length === 0) return new Set();
  const byVersion = Map.groupBy(asked, (one) => one.version_id);
  const versions = await versionsOf(database, [...byVersion.keys()]);
  return database.transaction().execute(async (transaction) => {
    const gone = new Set<string>();
    for (const [id, those] of byVersion) {
      const journey = versions.get(id)?.journey;
      const ids = [...new Set(those.map((one) => one.enrollment_id))];
      if (journey === undefined) continue;
      const owner = { name: `journey ${journey.name}` };
      const { results } = await sparing(transaction, owner, ids, (members) =>
        findStopped(transaction, journey, members, now),
      );
      const stopped = results.flat();
      for (const stop of stopped) await end(transaction, stop, now);
      for (const one of stopped.flatMap((stop) => stop.ids)) gone.add(one);
    }
    await takeBack(transaction, [...gone]);
    return new Set(asked.filter((one) => gone.has(one.enrollment_id)).map((one) => one.id));
  });
}

const BATCH = 5_000;

interface Asked {
  readonly id: string;
  readonly enrollment_id: string;
  readonly version_id: number;
}

/** Those of the messages whose journey has stop conditions. Each version is looked at once, however many messages it has. */
async function underConditions(
  database: Database,
  messages: readonly string[],
): Promise<readonly Asked[]> {
  const { rows } = await sql<Asked>`
    with theirs as materialized (
      select m.id, m.enrollment_id, e.version_id from messages m join enrollments e on e.id = m.enrollment_id
      where m.id = any(${messages}::bigint[])
    ), conditional as materialized (
      select id from journey_versions
      where id in (select distinct version_id from theirs) and definition -> 'stop' @> '[{"kind": "condition"}]'
    )
    select theirs.* from theirs join conditional on conditional.id = theirs.version_id`.execute(
    database,
  );
  return rows;
}

/** Who is through stays so. Whom a worker has in hand is passed over: it asks before each step itself. */
async function end(
  transaction: Kysely<Tables>,
  { reason, ids }: Stopped,
  now: Date,
): Promise<void> {
  await sql`
    update enrollments set state = 'exited', reason = ${reason}, due_at = null, awaiting = null, moved_at = ${now}, finished_at = ${now}
    where id in (select id from enrollments where id = any(${ids}::bigint[]) and ${isOpen(sql`enrollments`)}
                 for no key update skip locked)`.execute(transaction);
}

async function versionsWithStops(database: Database): Promise<readonly Version[]> {
  const { rows } = await sql<{ id: number }>`
    select version.id from journey_versions version
    where version.definition -> 'stop' @> '[{"kind": "condition"}]'
      and exists (select from enrollments e where e.journey_id = version.journey_id and e.version_id = version.id
                  and (${isOpen(sql`e`)} or ${isOwed(sql`e`)}))`.execute(database);
  const ids = rows.map(({ id }) => id);
  return [...(await versionsOf(database, ids)).values()];
}

function endBatch(database: Database, version: Version, now: Date): Promise<number> {
  const reason = reasonSql(version.journey, now) ?? sql`null`;
  return database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string }>`
      with found as (
        select enrollment.id, ${reason} as reason
        from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
        where enrollment.journey_id = ${version.journeyId}
          and enrollment.version_id = ${version.id} and ${isOpen(sql`enrollment`)}
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

async function takeBackBatch(database: Database, version: Version, now: Date): Promise<number> {
  const reason = reasonSql(version.journey, now) ?? sql`null`;
  const { rows } = await sql<{ id: string }>`
    select enrollment.id
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.journey_id = ${version.journeyId} and enrollment.version_id = ${version.id}
      and ${isOwed(sql`enrollment`)} and ${reason} is not null
    limit ${BATCH}`.execute(database);
  await takeBack(
    database,
    rows.map(({ id }) => id),
  );
  return rows.length;
}

function isOpen(enrollment: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${enrollment}.state in ('entered', 'waiting', 'held')`;
}

/** Is through, and has a message that nobody has begun to send. */
function isOwed(enrollment: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${enrollment}.state in ('completed', 'exited') and exists (
    select from messages lying where lying.enrollment_id = ${enrollment}.id and lying.needs = 'delivery'))`;
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
