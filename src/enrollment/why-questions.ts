import { sql } from "kysely";
import { type Trace, type TraceRow, readTrace, traceSql } from "../audience/trace.ts";
import type { Condition } from "../journey/condition.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import type { Case } from "./why-case.ts";

/** A question of a step, with the label of the way that it opens. */
export interface Ask {
  readonly of: string;
  readonly trace: Trace;
}

/** What the steps ask, as it stands at the moment of the trace. */
export async function asksOf(
  one: Case,
  enrollmentId: string,
  journey: Journey,
): Promise<ReadonlyMap<StepId, readonly Ask[]>> {
  const asked = Object.values(journey.steps).flatMap((step) =>
    questionsOf(step).map((question) => ({ id: step.id, ...question })),
  );
  const traces = await tracesFor(
    one,
    enrollmentId,
    asked.map(({ condition }) => condition),
  );
  const asks = asked.flatMap(({ id, of }, index) => {
    const trace = traces[index];
    return trace === undefined ? [] : [{ id, of, trace }];
  });
  return Map.groupBy(asks, ({ id }) => id);
}

/** What a step asks, each with the label of the way it opens. */
function questionsOf(
  step: Step,
): readonly { readonly of: string; readonly condition: Condition }[] {
  switch (step.kind) {
    case "if":
      return [{ of: "then", condition: step.if }];
    case "switch":
      return step.arms.map(({ name, if: condition }) => ({ of: name, condition }));
    case "repeat":
      return step.until === null ? [] : [{ of: "done", condition: step.until }];
    default:
      return [];
  }
}

/** All conditions of a passage in one statement. */
export async function tracesFor(
  { session, at: now, rewound }: Case,
  enrollmentId: string,
  conditions: readonly Condition[],
): Promise<readonly Trace[]> {
  if (conditions.length === 0) return [];
  const all: Condition = { kind: "all", of: conditions };
  const scope = { now, rewound, customer: "customer", enrollment: "enrollment" };
  const { rows } = await sql<TraceRow>`
    select ${traceSql(all, scope)}
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = ${enrollmentId}`.execute(session);
  return readTrace(all, rows[0] ?? { holds: [], seen: [] }).parts;
}
