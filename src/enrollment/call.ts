import { type RawBuilder, sql } from "kysely";
import { referenceOperand } from "../audience/reference-sql.ts";
import type { Operand } from "../journey/journey.ts";
import { isDoubtful } from "../message/owed.ts";
import { dueIn } from "./due.ts";
import { occurrenceOf } from "./occurrence.ts";
import type { Move, Stage, StepOf } from "./stage.ts";
import { byZones } from "./zone.ts";

/**
 * Writes down that a service is to be called, and waits. The call itself is made outside of any transaction
 * (make-calls.ts); its answer, or the end of the time, brings the enrollment here again, and the row says which way it goes.
 */
export async function call(
  stage: Stage,
  step: StepOf<"call">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const moves: Move[] = [];
  for (const [zone, inZone] of await byZones(stage, "customer", ids)) {
    const until = dueIn(step.within, stage.turn.now, zone);
    const rows = await calls(stage, step, inZone, until);
    const going = (isSo: (state: string) => boolean) =>
      rows.filter(({ state }) => isSo(state)).map(({ id }) => id);
    moves.push(
      { ids: going((state) => state === "answered"), to: step.then },
      { ids: going((state) => state === "failed" || state === "withdrawn"), to: step.else },
    );
    const open = rows.filter(({ state }) => /^(planned|claimed|retry)$/.test(state));
    for (const [dueAt, those] of Map.groupBy(open, (row) => row.until.getTime()))
      moves.push({
        ids: those.map(({ id }) => id),
        at: { state: "waiting", step: step.id, dueAt: new Date(dueAt), awaiting: "call" },
      });
  }
  return moves;
}

interface Called {
  readonly id: string;
  readonly state: string;
  readonly until: Date;
}

/** The calls of the enrollments, written where there was none; those whose time is up have failed. */
async function calls(
  stage: Stage,
  step: StepOf<"call">,
  ids: readonly string[],
  until: Date,
): Promise<readonly Called[]> {
  const { transaction, journey, turn } = stage;
  const { now } = turn;
  const isLate = sql`call.state in ('planned', 'claimed', 'retry') and call.expires_at <= ${now}`;
  const { rows } = await sql<Called>`
    with coming as (
      select enrollment.id, enrollment.journey_id, enrollment.version_id, ${occurrenceOf(journey, step.id)} as occurrence,
             ${bodyOf(step, now)} as body, ${journey.class === "marketing" ? isDoubtful : sql`false`} as doubtful
      from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
      where enrollment.id = any(${ids}::bigint[])
    )
    insert into calls as call (enrollment_id, journey_id, version_id, step, occurrence, body, due_at, expires_at, planned_at, state, reason, finished_at)
    select id, journey_id, version_id, ${step.id}, occurrence, body, ${now}, ${until}, ${now},
           case when doubtful then 'failed' else 'planned' end,
           case when doubtful then 'the original may have made it after the backup' end, case when doubtful then ${now}::timestamptz end
    from coming
    -- Written anew where it is, so that it is locked and returned, whoever records an answer meanwhile.
    on conflict on constraint calls_once do update set
      state = case when ${isLate} then 'failed' else call.state end,
      reason = case when ${isLate} then coalesce(call.reason, 'no answer in time') else call.reason end,
      fence = case when ${isLate} then call.fence + 1 else call.fence end,
      lease_until = case when ${isLate} then null else call.lease_until end,
      finished_at = case when ${isLate} then ${now} else call.finished_at end
    returning enrollment_id as id, state, expires_at as until`.execute(transaction);
  return rows;
}

/** What is sent, as it stands now: a later try sends the same. */
function bodyOf({ body }: StepOf<"call">, now: Date): RawBuilder<unknown> {
  const entries = Object.entries(body);
  if (entries.length === 0) return sql`null::jsonb`;
  const pairs = entries.map(([key, operand]) => sql`${key}::text, ${valueOf(operand, now)}`);
  return sql`jsonb_build_object(${sql.join(pairs)})`;
}

function valueOf(operand: Operand, now: Date): RawBuilder<unknown> {
  switch (operand.kind) {
    case "value":
      return sql`${JSON.stringify(operand.value)}::jsonb`;
    case "now":
      return sql`${now.toISOString()}::text`;
    case "add":
      return sql`${String(operand.add)}::numeric`;
    case "reference":
      return referenceOperand(operand.from, { customer: "customer", enrollment: "enrollment" }).sql;
  }
}
