import { type SqlBool, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { WaypostError, nearMiss } from "../errors.ts";

/** A line of a list as an agent sees it. */
export interface Task {
  readonly id: string;
  readonly list: string;
  readonly text: string;
  readonly outcomes: readonly string[];
  readonly state: "open" | "done" | "timed_out" | "withdrawn";
  readonly outcome: string | null;
  readonly note: string | null;
  readonly doneBy: string | null;
  readonly madeAt: Date;
  readonly until: Date;
  readonly finishedAt: Date | null;
  readonly journey: string;
  readonly step: string;
  readonly customerId: string;
  readonly customerName: string | null;
  readonly phone: string | null;
  readonly email: string | null;
}

export interface TaskFilter {
  readonly list?: string;
  readonly ids?: readonly string[];
  /** Only lines that come after this one in their order. */
  readonly after?: string;
  readonly limit: number;
}

/** The open lines, those whose time is up first at the head; of `ids` all, whatever their state. */
export async function listTasks(database: Database, filter: TaskFilter): Promise<readonly Task[]> {
  const conditions = [
    filter.ids === undefined
      ? sql<SqlBool>`t.state = 'open'`
      : sql<SqlBool>`t.id = any(${filter.ids}::bigint[])`,
    ...(filter.list === undefined ? [] : [sql<SqlBool>`t.list = ${filter.list}`]),
    ...(filter.after === undefined
      ? []
      : [
          sql<SqlBool>`(t.until, t.id) > (select until, id from tasks where id = ${filter.after}::bigint)`,
        ]),
  ];
  const { rows } = await sql<Task>`
    select t.id, t.list, t.text, t.outcomes, t.state, t.outcome, t.note, t.done_by as "doneBy", t.made_at as "madeAt", t.until,
      t.finished_at as "finishedAt", j.name as journey, t.step, c.id as "customerId",
      nullif(concat_ws(' ', c.first_name, c.last_name), '') as "customerName", c.phone, c.email
    from tasks t
    join enrollments e on e.id = t.enrollment_id
    join journeys j on j.id = t.journey_id
    join customers c on c.id = e.customer_id
    where ${sql.join(conditions, sql` and `)}
    order by t.until, t.id limit ${filter.limit}`.execute(database);
  return rows;
}

/** How many lines are open on each list. */
export async function taskLists(
  database: Database,
): Promise<readonly { readonly list: string; readonly open: number }[]> {
  const { rows } = await sql<{ list: string; open: number }>`
    select list, count(*)::int as open from tasks where state = 'open' group by list order by list`.execute(
    database,
  );
  return rows;
}

export interface TaskOutcome {
  readonly id: string;
  readonly outcome: string;
  readonly note: string | null;
  readonly by: string | null;
  readonly now: Date;
}

/**
 * Records what came of a line and sends the customer on, once: false when it is not open any more. The enrollment is
 * locked first, as the engine does that moves it. Throws WAYPOST_NOT_FOUND and, for an outcome the line does not know, WAYPOST_REQUEST.
 */
export async function recordOutcome(
  database: Database,
  { id, outcome, note, by, now }: TaskOutcome,
): Promise<boolean> {
  const [task] = /^\d{1,18}$/.test(id) ? await listTasks(database, { ids: [id], limit: 1 }) : [];
  if (task === undefined)
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `task "${id.slice(0, 40)}": no such task; waypost tasks lists the open ones`,
    );
  if (!task.outcomes.includes(outcome)) throw unknownOutcome(task, outcome);
  return database.transaction().execute(async (transaction) => {
    await sql`select from enrollments where id = (select enrollment_id from tasks where id = ${id}::bigint) for no key update`.execute(
      transaction,
    );
    const { rows } = await sql<{ enrollment_id: string; step: string }>`
      update tasks set state = 'done', outcome = ${outcome}, note = ${note}, done_by = ${by}, finished_at = ${now}
      where id = ${id}::bigint and state = 'open'
      returning enrollment_id, step`.execute(transaction);
    const [done] = rows;
    if (done === undefined) return false;
    await sql`
      update enrollments set due_at = ${now}
      where id = ${done.enrollment_id} and state = 'waiting' and step = ${done.step} and awaiting = 'task'`.execute(
      transaction,
    );
    return true;
  });
}

function unknownOutcome({ id, outcomes }: Task, outcome: string): WaypostError {
  const meant = nearMiss(outcome, outcomes);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return new WaypostError(
    "WAYPOST_REQUEST",
    `task ${id}: expected the outcome ${outcomes.join(" or ")}, got "${outcome.slice(0, 40)}"${hint}`,
  );
}
