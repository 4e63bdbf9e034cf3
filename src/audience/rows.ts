import { type RawBuilder, sql } from "kysely";
import type { Scope } from "./scope.ts";

/** The column of the customer a condition is about. */
export function customerColumn(scope: Scope, column: "id" | "account_id"): RawBuilder<unknown> {
  return sql.ref(`${scope.customer ?? "customer"}.${column}`);
}

/** EXISTS or NOT EXISTS; never null. */
export function existsSql(rows: RawBuilder<unknown>, wanted: boolean): RawBuilder<boolean> {
  return wanted ? sql`exists (${rows})` : sql`not exists (${rows})`;
}

export function isForFew(scope: Scope): boolean {
  const isInJourney = scope.enrollment !== undefined || scope.entry !== undefined;
  return (scope.customers ?? (isInJourney ? "few" : "many")) === "few";
}
