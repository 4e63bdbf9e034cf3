import { type Kysely, type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import { eachInTurn } from "../errors.ts";
import type { Condition } from "../journey/condition.ts";
import type { Journey } from "../journey/journey.ts";
import { versionsOf } from "./version.ts";

/** Whether the goal is a condition that holds for an entrant already: then it never counts. Null where it is none. */
export function reachedBefore(
  journey: Journey,
  entry: RawBuilder<unknown>,
  now: Date,
): RawBuilder<boolean | null> {
  const goal = conditionOf(journey);
  return goal === undefined
    ? sql<null>`null::boolean`
    : isTrue(beforeSteps(goal), { now, entry, journey: journey.name });
}

/** The same for those who are inside, over `enrollment` and its `customer`. */
export function reachedByNow(journey: Journey, now: Date): RawBuilder<boolean> | undefined {
  const goal = conditionOf(journey);
  return goal && isTrue(goal, { now, enrollment: "enrollment", journey: journey.name });
}

function isTrue(...asked: Parameters<typeof conditionSql>): RawBuilder<boolean> {
  return sql<boolean>`coalesce(${conditionSql(...asked)}, false)`;
}

const nothing: Condition = { kind: "any", of: [] };

/** The condition for somebody about to enter, who has come to no step: no voucher, answer, outcome or message of it is theirs. */
function beforeSteps(condition: Condition): Condition {
  switch (condition.kind) {
    case "all":
    case "any":
      return { ...condition, of: condition.of.map(beforeSteps) };
    case "not":
      return { ...condition, of: beforeSteps(condition.of) };
    case "task":
    case "answer":
      return nothing;
    case "message":
      return condition.journey === null ? nothing : condition;
    case "voucher":
      return condition.step === null ? condition : nothing;
    default:
      return condition;
  }
}

/** Notes the goal of those of the enrollments that have reached it by now, where it is a condition. */
export async function convertByCondition(
  transaction: Kysely<Tables>,
  journey: Journey,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  const reached = reachedSql(journey, now);
  if (reached === undefined || ids.length === 0) return;
  await sql`
    update enrollments enrollment set converted_at = ${now} from customers customer
    where customer.id = enrollment.customer_id and enrollment.id = any(${ids}::bigint[]) and ${reached}`.execute(
    transaction,
  );
}

/**
 * Asks the goals that are conditions of everybody whose window is open: those inside, through and left alone. To be called
 * now and then, since nobody reports the moment at which a condition becomes true. Returns how many have reached theirs.
 */
export async function convertByConditions(database: Database, now: Date): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select version.id from journey_versions version
    where jsonb_typeof(version.definition #> '{objective,goal}') = 'object'
      and exists (select from enrollments e where e.journey_id = version.journey_id and e.version_id = version.id
                  and e.converted_at is null and not e.reached_before)`.execute(database);
  const versions = await versionsOf(
    database,
    rows.map(({ id }) => id),
  );
  let converted = 0;
  await eachInTurn(versions.values(), async (version) => {
    const reached = reachedSql(version.journey, now);
    for (let found = reached && BATCH; reached !== undefined && found === BATCH;) {
      found = await convertBatch(database, version, reached, now);
      converted += found;
    }
  });
  return converted;
}

const BATCH = 5_000;

/** Whom a worker has in hand is passed over: it asks before each step itself. */
async function convertBatch(
  database: Database,
  version: { readonly id: number; readonly journeyId: number },
  reached: RawBuilder<boolean>,
  now: Date,
): Promise<number> {
  const { numAffectedRows } = await sql`
    update enrollments set converted_at = ${now}
    where id in (
      select enrollment.id
      from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
      where enrollment.journey_id = ${version.journeyId} and enrollment.version_id = ${version.id} and ${reached}
      limit ${BATCH}
      for no key update of enrollment skip locked)`.execute(database);
  return Number(numAffectedRows ?? 0n);
}

/** Over `enrollment` and its `customer`; undefined where the goal is an event. */
function reachedSql(journey: Journey, now: Date): RawBuilder<boolean> | undefined {
  const holds = reachedByNow(journey, now);
  if (holds === undefined || !journey.objective?.within) return undefined;
  return sql<boolean>`enrollment.converted_at is null and not enrollment.reached_before
    and enrollment.entered_at + ${interval(journey.objective.within)}::interval >= ${now} and ${holds}`;
}

function conditionOf({ objective }: Journey): Condition | undefined {
  return objective === null || typeof objective.goal === "string" ? undefined : objective.goal;
}
