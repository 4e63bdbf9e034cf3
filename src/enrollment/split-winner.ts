import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { interval } from "../duration.ts";
import { eachInTurn } from "../errors.ts";
import type { Journey, StepId, Winner } from "../journey/journey.ts";
import { reachable } from "./occurrence.ts";
import type { StepOf } from "./stage.ts";
import { type Version, enrollingJourneys } from "./version.ts";

/** A split whose trial is over. */
export interface Decided {
  readonly journey: string;
  readonly step: StepId;
  readonly arm: string;
}

interface Tally {
  readonly arm: string;
  readonly customers: number;
  readonly reached: number;
}

/**
 * Ends the trials of splits that have seen enough: counted are the customers whose window has passed since they took
 * their arm, and of them those who reached the aim within it. The arm with the highest share wins. While fewer than
 * `after` customers are through, while an arm has none, or while the best two do as well as one another (nobody reached
 * it, say), nothing is decided and the weights go on. What is decided stays; a new trial is a step with another id.
 */
export async function decideSplits(database: Database, now: Date): Promise<readonly Decided[]> {
  const decided: Decided[] = [];
  await eachInTurn(await enrollingJourneys(database), async (version) => {
    for (const step of Object.values(version.journey.steps))
      if (step.kind === "split" && step.winner !== null)
        decided.push(...(await decide(database, version, step, step.winner, now)));
  });
  return decided;
}

async function decide(
  database: Database,
  version: Version,
  step: StepOf<"split">,
  winner: Winner,
  now: Date,
): Promise<readonly Decided[]> {
  const tallies = await tallyOf(database, version, step, winner, now);
  const best = bestOf(tallies, winner.after);
  if (best === undefined) return [];
  const tally = Object.fromEntries(
    tallies.map(({ arm, customers, reached }) => [arm, { customers, reached }]),
  );
  const { numInsertedOrUpdatedRows } = await database
    .insertInto("split_winners")
    .values({
      journey_id: version.journeyId,
      step: step.id,
      arm: best,
      decided_at: now,
      tally: JSON.stringify(tally),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 0n
    ? []
    : [{ journey: version.journey.name, step: step.id, arm: best }];
}

/** The arm that did better than every other, if that can be said. */
export function bestOf(tallies: readonly Tally[], after: number): string | undefined {
  const customers = tallies.reduce((sum, one) => sum + one.customers, 0);
  if (customers < after || tallies.some((one) => one.customers === 0)) return undefined;
  const [best, second] = tallies.toSorted((a, b) => shareOf(b) - shareOf(a));
  if (best === undefined || (second !== undefined && shareOf(best) === shareOf(second)))
    return undefined;
  return best.arm;
}

function shareOf({ customers, reached }: Tally): number {
  return reached / customers;
}

/** For every arm that customers are sent down, also for one that nobody took yet. None when a winner is known. */
async function tallyOf(
  database: Database,
  { journey, journeyId }: Version,
  step: StepOf<"split">,
  winner: Winner,
  now: Date,
): Promise<readonly Tally[]> {
  const arms = step.arms.filter(({ weight }) => weight > 0).map(({ name }) => name);
  const within = sql`${interval(winner.within)}::interval`;
  const { rows } = await sql<Tally>`
    select arm.name as arm, count(trial.customer_id)::int as customers,
           (count(*) filter (where trial.customer_id is not null and ${reached(journey, step, winner)}))::int as reached
    from unnest(${arms}::text[]) with ordinality as arm (name, number)
    left join lateral (
      select customer_id, enrollment_id, assigned_at, assigned_at + ${within} as until
      from split_customers
      where journey_id = ${journeyId} and step = ${step.id} and arm = arm.name
        and assigned_at + ${within} <= ${now}::timestamptz
    ) as trial on true
    where not exists (select from split_winners where journey_id = ${journeyId} and step = ${step.id})
    group by arm.name, arm.number order by arm.number`.execute(database);
  return rows;
}

/** Whether the customer of `trial` reached what the arms are judged by. Machines' opens and clicks are not in these columns. */
function reached(journey: Journey, step: StepOf<"split">, { by }: Winner): RawBuilder<boolean> {
  if (typeof by === "object")
    return sql<boolean>`exists (select from events an_event where an_event.customer_id = trial.customer_id
      and an_event.name = ${by.event} and an_event.occurred_at > trial.assigned_at and an_event.occurred_at <= trial.until)`;
  if (by === "converted")
    return sql<boolean>`exists (select from enrollments judged where judged.id = trial.enrollment_id
      and judged.converted_at > trial.assigned_at and judged.converted_at <= trial.until)`;
  const at = by === "clicked" ? sql`sent.clicked_at` : sql`least(sent.opened_at, sent.clicked_at)`;
  return sql<boolean>`exists (select from messages sent where sent.enrollment_id = trial.enrollment_id
    and sent.step = any(${judgedSends(journey, step)}::text[]) and sent.planned_at >= trial.assigned_at
    and ${at} <= trial.until)`;
}

/** The arms' own messages; where no arm has any, those that all come to after it. */
function judgedSends(journey: Journey, step: StepOf<"split">): readonly StepId[] {
  const reached = step.arms.map(({ next }) => reachable(journey, next, step.id));
  const sends = Object.values(journey.steps).filter(({ kind }) => kind === "send");
  const after = sends.filter(({ id }) => reached.some((steps) => steps.has(id)));
  const own = after.filter(({ id }) => !reached.every((steps) => steps.has(id)));
  return (own.length > 0 ? own : after).map(({ id }) => id);
}
