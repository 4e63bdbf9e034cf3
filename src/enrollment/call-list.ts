import { type SqlBool, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { CallsState } from "../database/tables.ts";

/** States of a call, in the order of its life (migration 0021). */
export const callStates = [
  "planned",
  "claimed",
  "retry",
  "answered",
  "failed",
  "withdrawn",
] as const satisfies readonly CallsState[];

export interface ListedCall {
  readonly id: string;
  readonly callId: string;
  readonly journey: string;
  readonly step: string;
  readonly customerId: string;
  readonly state: CallsState;
  readonly status: number | null;
  readonly attempts: number;
  readonly reason: string | null;
  readonly plannedAt: Date;
  readonly dueAt: Date;
  readonly finishedAt: Date | null;
}

/** The newest calls, without what was said in them. */
export async function listCalls(
  database: Database,
  { states, journey, limit }: { states?: readonly CallsState[]; journey?: string; limit: number },
): Promise<readonly ListedCall[]> {
  const conditions = [
    sql<SqlBool>`true`,
    ...(states === undefined ? [] : [sql<SqlBool>`c.state = any(${states}::text[])`]),
    ...(journey === undefined ? [] : [sql<SqlBool>`j.name = ${journey}`]),
  ];
  const { rows } = await sql<ListedCall>`
    select c.id, c.call_id as "callId", j.name as journey, c.step, e.customer_id as "customerId", c.state, c.status, c.attempts,
      c.reason, c.planned_at as "plannedAt", c.due_at as "dueAt", c.finished_at as "finishedAt"
    from calls c join journeys j on j.id = c.journey_id join enrollments e on e.id = c.enrollment_id
    where ${sql.join(conditions, sql` and `)}
    order by c.id desc limit ${limit}`.execute(database);
  return rows;
}
