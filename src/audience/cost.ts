import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import type { Condition } from "../journey/condition.ts";
import { conditionSql } from "./condition-sql.ts";
import { asReader } from "./reader.ts";
import type { Scope } from "./scope.ts";

/** Whom a condition is asked of: everybody, those who come with an entry event, or customers inside a journey. */
export type Asked = "everybody" | "entrants" | "insiders";

/** What the planner of the database says of a condition, in its own units of cost; or why it refuses it. */
export type Estimate = { readonly cost: number } | { readonly refused: string };

/** Asks the database how it would answer; nothing is counted. */
export async function estimate(
  database: Database,
  condition: Condition,
  { asked, ...rest }: { readonly asked: Asked; readonly now: Date; readonly journey?: string },
): Promise<Estimate> {
  try {
    const query = questionOf(condition, asked, { sql: true, ...rest });
    const { rows } = await asReader(database, (transaction) => query.execute(transaction));
    return { cost: rows[0]?.["QUERY PLAN"]?.[0]?.Plan["Total Cost"] ?? 0 };
  } catch (thrown) {
    return { refused: reasonOf(thrown) };
  }
}

interface Explained {
  readonly "QUERY PLAN": readonly { readonly Plan: { readonly "Total Cost": number } }[];
}

function questionOf(condition: Condition, asked: Asked, scope: Scope) {
  if (asked === "insiders")
    return sql<Explained>`explain (format json) select enrollment.id
      from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
      where ${conditionSql(condition, { ...scope, enrollment: "enrollment" })}`;
  const entry = asked === "entrants" ? { entry: sql`'{}'::jsonb` } : {};
  return sql<Explained>`explain (format json) select count(*) from customers customer
    where ${conditionSql(condition, { ...scope, ...entry, customers: "many" })}`;
}
