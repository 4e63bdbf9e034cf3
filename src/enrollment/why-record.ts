import { sql } from "kysely";
import type { Test } from "../journey/condition.ts";
import type { Journey, StepId } from "../journey/journey.ts";
import { agrees, matches } from "./pending-event.ts";
import { armOf, sharesSql } from "./split.ts";
import type { StepOf } from "./stage.ts";
import type { Case } from "./why-case.ts";
import type { Heard, Mark } from "./why-course.ts";

/** More events than these are not looked through. */
const mostHeard = 500;

/** What the steps of a passage left in the ledger, at whatever time: messages, calls, tasks and vouchers. */
export async function marksOf(
  { session }: Pick<Case, "session">,
  enrollmentId: string,
): Promise<readonly Mark[]> {
  const { rows } = await sql<Mark>`
    select step, occurrence, kind, ${ms("at")} as at, ${ms("finished")} as finished, state, outcome from (
      select step, occurrence, 'message' as kind, min(planned_at) as at, null::timestamptz as finished, '' as state, null as outcome
      from messages where enrollment_id = ${enrollmentId} group by step, occurrence
      union all
      select step, occurrence, 'call', planned_at, finished_at, state, null from calls where enrollment_id = ${enrollmentId}
      union all
      select step, occurrence, 'task', made_at, finished_at, state, outcome from tasks where enrollment_id = ${enrollmentId}
      union all
      select step, occurrence, 'voucher', handed_out_at, null, '', null from vouchers where enrollment_id = ${enrollmentId}
    ) as mark order by at`.execute(session);
  return rows;
}

function ms(column: string) {
  return sql`(extract(epoch from ${sql.ref(column)}) * 1000)::float8`;
}

/**
 * Of each await the events that may have ended it; null where they are not all here: what a customer did who was merged into another is
 * that one's, and months of events may have been dropped.
 */
export async function heardIn(
  { session, at: now }: Case,
  enrollmentId: string,
  journey: Journey,
): Promise<ReadonlyMap<StepId, readonly Heard[] | null>> {
  const awaits = Object.values(journey.steps).filter((step) => step.kind === "await");
  const found = new Map<StepId, readonly Heard[] | null>();
  for (const step of awaits) {
    const { rows } = await sql<Heard>`
      select ${ms("event.occurred_at")} as occurred, ${ms("event.received_at")} as received
      from enrollments enrollment
      join events event on event.customer_id = enrollment.customer_id and event.name = ${step.event}
        and event.occurred_at >= enrollment.entered_at
      where enrollment.id = ${enrollmentId} and ${isMeant(step, now)}
      order by event.occurred_at limit ${mostHeard + 1}`.execute(session);
    found.set(step.id, rows.length > mostHeard ? null : rows);
  }
  const { rows } = await sql<{ gone: boolean }>`
    select customer.merged_into is not null or coalesce((
        select min(month.relname) from pg_inherits join pg_class month on month.oid = inhrelid
        where inhparent = 'events'::regclass and month.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
      ) > 'events_' || to_char(enrollment.entered_at at time zone 'UTC', 'YYYY_MM'), false) as gone
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = ${enrollmentId}`.execute(session);
  return rows[0]?.gone === true ? new Map(awaits.map(({ id }) => [id, null])) : found;
}

/** As the await asks (wake.ts), but for what may be answered otherwise today: those events may have been meant. */
function isMeant({ where, match }: StepOf<"await">, now: Date) {
  const lasting = Object.fromEntries(Object.entries(where).filter(([, test]) => isLasting(test)));
  const isOfEntry = Object.values(match).every((reference) => reference.startsWith("entry."));
  return sql`${matches(lasting, now)} and ${isOfEntry ? agrees(match) : sql`true`}`;
}

function isLasting(test: Test): boolean {
  return test.every(({ op }) => op !== "within" && op !== "before" && op !== "after");
}

/**
 * The arm of each split, where it is known: the one written down or the winner where a winner is looked for, else that of the customer's
 * share. Of a customer who was another one before, by another id, neither can be told.
 */
export async function armsOf(
  { session, customerId, version }: Case,
  enrollmentId: string,
  journey: Journey,
): Promise<ReadonlyMap<StepId, string>> {
  const arms = new Map<StepId, string>();
  for (const step of Object.values(journey.steps)) {
    if (step.kind !== "split") continue;
    const { rows } = await sql<Drawn>`
      select ${sharesSql(journey.name, step.id)} as share,
             (select arm from split_customers taken where taken.journey_id = ${version.journeyId}
                and taken.step = ${step.id} and taken.customer_id = ${customerId}) as taken,
             (select arm from split_winners winner where winner.journey_id = ${version.journeyId}
                and winner.step = ${step.id}) as winner
      from enrollments
      where id = ${enrollmentId} and not exists (select from identities other join customers on customers.id = other.customer_id
        where other.customer_id = ${customerId} and other.seen_at <> customers.created_at)`.execute(
      session,
    );
    const arm = rows[0] && armDrawn(step, rows[0]);
    if (arm !== undefined) arms.set(step.id, arm);
  }
  return arms;
}

interface Drawn {
  readonly share: string;
  readonly taken: string | null;
  readonly winner: string | null;
}

function armDrawn(step: StepOf<"split">, { share, taken, winner }: Drawn): string | undefined {
  if (step.winner === null) return armOf(step.arms, { share });
  const isArm = (name: string | null): name is string => step.arms.some((arm) => arm.name === name);
  if (isArm(taken)) return taken;
  return taken === null && isArm(winner) ? winner : undefined;
}
