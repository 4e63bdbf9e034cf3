import { type RawBuilder, sql } from "kysely";
import type { Condition, Test } from "../journey/condition.ts";
import { accountSql } from "./account-sql.ts";
import { answerSql, taskSql } from "./answer-sql.ts";
import { consentSql } from "./consent-sql.ts";
import { eventSql } from "./event-sql.ts";
import { fieldOperand } from "./field.ts";
import { freeSql } from "./free-sql.ts";
import { membershipSql } from "./membership-sql.ts";
import { messageSql } from "./message-sql.ts";
import { jsonOperand } from "./operand.ts";
import { orderSql } from "./order-sql.ts";
import { refusal } from "./refusal.ts";
import type { Scope } from "./scope.ts";
import { testSql } from "./test-sql.ts";
import { voucherSql } from "./voucher-sql.ts";

/**
 * The one evaluator: a condition as an SQL expression for WHERE, CASE WHEN or a join, over the aliases of `scope`.
 * Values are bind parameters, fields are on an allow-list, else WAYPOST_CONDITION.
 *
 * The unknown is not true: a test on an absent field does not hold, and its negation does. The expression itself may
 * be null instead of false; forcing it to false would cost indexes and semi-joins, and WHERE and CASE do not care.
 */
export function conditionSql(condition: Condition, scope: Scope): RawBuilder<boolean> {
  return compile(condition, scope, true);
}

/**
 * Negations are pushed down to the leaves, where Postgres can make an anti-join of NOT EXISTS; above them it could not.
 * `wanted: false` asks for the negation.
 */
function compile(condition: Condition, scope: Scope, wanted: boolean): RawBuilder<boolean> {
  switch (condition.kind) {
    case "all":
      return joined(condition.of, scope, wanted, wanted);
    case "any":
      return joined(condition.of, scope, wanted, !wanted);
    case "not":
      return compile(condition.of, scope, !wanted);
    default:
      return leaf(condition, scope, wanted);
  }
}

function joined(
  conditions: readonly Condition[],
  scope: Scope,
  wanted: boolean,
  byAnd: boolean,
): RawBuilder<boolean> {
  if (conditions.length === 0) return byAnd ? sql`true` : sql`false`;
  const parts = conditions.map((condition) => compile(condition, scope, wanted));
  return sql`(${sql.join(parts, byAnd ? sql` and ` : sql` or `)})`;
}

type Leaf = Exclude<Condition, { kind: "all" | "any" | "not" }>;

function leaf(condition: Leaf, scope: Scope, wanted: boolean): RawBuilder<boolean> {
  switch (condition.kind) {
    case "customer":
      return unlessUnwanted(customerSql(condition.field, condition.test, scope), wanted);
    case "entry":
      return unlessUnwanted(entrySql(condition.field, condition.test, scope), wanted);
    case "sql":
      return unlessUnwanted(freeSql(condition.sql, scope), wanted);
    case "account":
      return accountSql(condition, scope, wanted);
    case "event":
      return eventSql(condition, scope, wanted);
    case "orders":
      return orderSql(condition, scope, wanted);
    case "segment":
      return membershipSql(condition.name, scope, wanted);
    case "consent":
      return consentSql(condition, scope, wanted);
    case "message":
      return messageSql(condition, scope, wanted);
    case "answer":
      return unlessUnwanted(answerSql(condition, scope), wanted);
    case "task":
      return unlessUnwanted(taskSql(condition, scope), wanted);
    case "voucher":
      return voucherSql(condition, scope, wanted);
  }
}

function unlessUnwanted(test: RawBuilder<boolean>, wanted: boolean): RawBuilder<boolean> {
  return wanted ? test : sql`(${test}) is not true`;
}

function customerSql(field: string, test: Test, scope: Scope): RawBuilder<boolean> {
  const place = `customer.${field}`;
  const operand = fieldOperand("customer", scope.customer ?? "customer", field, place);
  return testSql(operand, test, { now: scope.now, place });
}

function entrySql(field: string, test: Test, scope: Scope): RawBuilder<boolean> {
  const place = `entry.${field}`;
  const entry =
    scope.entry ??
    (scope.enrollment === undefined ? undefined : sql.ref(`${scope.enrollment}.entry`));
  if (entry === undefined)
    throw refusal(
      place,
      "expected to be asked in a journey, found no entry event here. Use entry in the journey's start or steps only",
    );
  return testSql(jsonOperand(entry, field, place), test, { now: scope.now, place });
}
