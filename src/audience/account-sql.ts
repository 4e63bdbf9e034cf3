import { type RawBuilder, sql } from "kysely";
import type { Condition } from "../journey/condition.ts";
import { holdsOfAbsent } from "./absence.ts";
import { fieldOperand } from "./field.ts";
import { customerColumn, existsSql } from "./rows.ts";
import type { Scope } from "./scope.ts";
import { testSql } from "./test-sql.ts";

/** A test on the account the customer buys for. For a customer without one, every field is absent. */
export function accountSql(
  { field, test }: Extract<Condition, { kind: "customer" | "account" }>,
  scope: Scope,
  wanted: boolean,
): RawBuilder<boolean> {
  const place = `account.${field}`;
  const operand = fieldOperand("account", "its_account", field, place);
  const holds = testSql(operand, test, { now: scope.now, place });
  const holdsOfNone = holdsOfAbsent(test, null);
  return existsSql(
    sql`select from accounts its_account where its_account.id = ${customerColumn(scope, "account_id")}
        and ${holdsOfNone ? sql`(${holds}) is not true` : holds}`,
    wanted !== holdsOfNone,
  );
}
