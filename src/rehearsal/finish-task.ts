import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { recordOutcome } from "../enrollment/task-list.ts";
import type { Player } from "./cast.ts";
import type { Happening } from "./test-file.ts";

/** An agent records what came of the customer's oldest open task. Returns why that cannot be. */
export async function finishTask(
  database: Database,
  { at, customer, outcome, task }: Extract<Happening, { kind: "task" }>,
  { id: customerId }: Player,
): Promise<string | undefined> {
  const isMeant = task === null ? sql`true` : sql`t.step = ${task}`;
  const { rows } = await sql<{ id: string }>`
    select t.id from tasks t join enrollments e on e.id = t.enrollment_id
    where e.customer_id = ${customerId} and t.state = 'open' and ${outcome} = any(t.outcomes) and ${isMeant}
    order by t.made_at, t.id limit 1`.execute(database);
  const [open] = rows;
  if (open === undefined)
    return `${customer} task done, but no task${task === null ? "" : ` "${task}"`} was open by then`;
  await recordOutcome(database, { id: open.id, outcome, note: null, by: null, now: at });
  return undefined;
}
