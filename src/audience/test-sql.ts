import { type RawBuilder, sql } from "kysely";
import type { Comparison, Test, Value } from "../journey/condition.ts";
import { numeral, storable } from "./bound-value.ts";
import { momentSql, windowSql } from "./moment-sql.ts";
import type { Asking, Operand } from "./operand.ts";
import { refusal } from "./refusal.ts";

/**
 * All comparisons of a test on one operand. The result is null where the operand is unknown and the test cannot tell:
 * read it as "not true". `ne` and `not_in` are the exact negations of `eq` and `in`, so they hold for the unknown.
 */
export function testSql(operand: Operand, test: Test, asking: Asking): RawBuilder<boolean> {
  if (test.length === 0) return sql<boolean>`true`;
  const parts = test.map((comparison) => comparisonSql(operand, comparison, asking));
  return sql<boolean>`(${sql.join(parts, sql` and `)})`;
}

function comparisonSql(
  operand: Operand,
  { op, value }: Comparison,
  asking: Asking,
): RawBuilder<boolean> {
  switch (op) {
    case "eq":
      return equalsSql(operand, single(op, value, asking), asking);
    case "ne":
      return sql`(${equalsSql(operand, single(op, value, asking), asking)}) is not true`;
    case "in":
      return oneOfSql(operand, list(op, value, asking), asking);
    case "not_in":
      return sql`(${oneOfSql(operand, list(op, value, asking), asking)}) is not true`;
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return rankSql(operand, op, single(op, value, asking), asking);
    case "contains":
    case "starts_with":
      return partSql(operand, op, single(op, value, asking), asking);
    case "exists":
      return existsSql(operand, value, asking);
    case "before":
    case "after":
      return momentSql(operand, op, single(op, value, asking), asking);
    case "within":
      return windowSql(operand, single(op, value, asking), asking);
  }
}

const signs = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const;

function equalsSql(operand: Operand, value: Value, asking: Asking): RawBuilder<boolean> {
  if (value === null) return sql`${textOf(operand)} is null`;
  if (typeof value === "object")
    throw unexpected("eq", "a text, a number or a date", value, asking);
  if (operand.kind === "instant") return momentSql(operand, "eq", value, asking);
  if (operand.kind === "number" || (operand.kind === "json" && typeof value === "number"))
    return sql`${numberOf(operand)} = ${numberFrom("eq", value, asking)}::numeric`;
  return sql`${textOf(operand)} = ${storable(String(value), asking.place)}::${typeOf(operand)}`;
}

/** One parameter however long the list is, as far as the values are of one kind. */
function oneOfSql(operand: Operand, values: readonly Value[], asking: Asking): RawBuilder<boolean> {
  const texts = values.filter((value) => isTextFor(operand, value));
  const others = values.filter((value) => !isTextFor(operand, value));
  const parts = others.map((value) => equalsSql(operand, value, asking));
  if (texts.length > 0) {
    const wanted = texts.map((value) => storable(String(value), asking.place));
    parts.push(sql`${textOf(operand)} = any(${wanted}::${typeOf(operand)}[])`);
  }
  return parts.length === 0 ? sql`false` : sql`(${sql.join(parts, sql` or `)})`;
}

function isTextFor(operand: Operand, value: Value): value is string | number | boolean {
  if (value === null || typeof value === "object") return false;
  return isText(operand) || (operand.kind === "json" && typeof value !== "number");
}

function rankSql(
  operand: Operand,
  op: "gt" | "gte" | "lt" | "lte",
  value: Value,
  asking: Asking,
): RawBuilder<boolean> {
  const isDated =
    operand.kind === "instant" || (operand.kind === "json" && typeof value === "string");
  if (isDated) return momentSql(operand, op, value, asking);
  return sql`${numberOf(operand, asking)} ${signs[op]} ${numberFrom(op, value, asking)}::numeric`;
}

/** Literal by nature: these functions know no wildcards. A list ("tags") contains its elements, not parts of them. */
function partSql(
  operand: Operand,
  op: "contains" | "starts_with",
  value: Value,
  asking: Asking,
): RawBuilder<boolean> {
  if (value === null || typeof value === "object") throw unexpected(op, "a text", value, asking);
  if (!isText(operand) && operand.kind !== "json")
    throw refusal(asking.place, `${op} looks into texts, and this is a ${nounOf(operand)}`);
  const part = storable(String(value), asking.place);
  if (op === "starts_with") return sql`starts_with(${textOf(operand)}, ${part}::text)`;
  const inText = sql<boolean>`strpos(${textOf(operand)}, ${part}::text) > 0`;
  if (operand.kind !== "json") return inText;
  const element = JSON.stringify([value]);
  return sql`case jsonb_typeof(${operand.sql}) when 'array' then ${operand.sql} @> ${element}::jsonb else ${inText} end`;
}

function existsSql(
  operand: Operand,
  value: Comparison["value"],
  asking: Asking,
): RawBuilder<boolean> {
  if (typeof value !== "boolean") throw unexpected("exists", "true or false", value, asking);
  return value ? sql`${textOf(operand)} is not null` : sql`${textOf(operand)} is null`;
}

function isText(operand: Operand): boolean {
  return operand.kind === "text" || operand.kind === "code";
}

function typeOf(operand: Operand): RawBuilder<unknown> {
  return operand.kind === "code" ? sql`bpchar` : sql`text`;
}

function textOf(operand: Operand): RawBuilder<unknown> {
  return operand.kind === "json" ? operand.text : operand.sql;
}

function numberOf(operand: Operand, asking?: Asking): RawBuilder<unknown> {
  if (operand.kind === "json") return sql`as_number(${operand.sql})`;
  if (isText(operand) && asking !== undefined)
    throw refusal(
      asking.place,
      "gt, gte, lt and lte compare numbers and dates, and this is a text",
    );
  return operand.sql;
}

function numberFrom(op: string, value: Value, asking: Asking): string {
  if (typeof value === "number") return numeral(value, asking.place);
  throw unexpected(op, "a number", value, asking);
}

function nounOf(operand: Operand): string {
  return operand.kind === "instant" ? "date" : operand.kind;
}

function single(op: string, value: Comparison["value"], asking: Asking): Value {
  if (isList(value)) throw unexpected(op, "one value", value, asking);
  return value;
}

function list(op: string, value: Comparison["value"], asking: Asking): readonly Value[] {
  if (isList(value)) return value;
  throw unexpected(op, "a list of values", value, asking);
}

function isList(value: Comparison["value"]): value is readonly Value[] {
  return Array.isArray(value);
}

function unexpected(op: string, expected: string, value: unknown, asking: Asking): Error {
  return refusal(asking.place, `${op} expected ${expected}, got ${JSON.stringify(value)}`);
}
