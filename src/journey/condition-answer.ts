import type { Comparison, Condition, Test } from "./condition.ts";

/**
 * How a condition is answered of everybody, where that shows in the condition itself; undefined where it depends on the customer.
 * It knows of values and bounds that exclude one another and of a test beside its negation, and guesses at nothing else.
 */
export function answerOf(condition: Condition): boolean | undefined {
  switch (condition.kind) {
    case "all":
      return answerOfAll(condition.of);
    case "any":
      return opposite(answerOfAll(condition.of.map(negated)));
    case "not":
      return opposite(answerOf(condition.of));
    case "customer":
    case "account":
    case "entry":
    case "answer":
    case "task":
      return isNever(condition.test) ? false : undefined;
    case "event":
    case "orders":
      return answerOfHistory(condition);
    default:
      return undefined;
  }
}

/** The outermost parts of a condition that are answered the same of everybody. */
export function decidedIn(
  condition: Condition,
): readonly { readonly part: Condition; readonly holds: boolean }[] {
  const holds = answerOf(condition);
  if (holds !== undefined) return [{ part: condition, holds }];
  if (condition.kind === "all" || condition.kind === "any") return condition.of.flatMap(decidedIn);
  return condition.kind === "not" ? decidedIn(condition.of) : [];
}

function opposite(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer;
}

function negated(condition: Condition): Condition {
  return condition.kind === "not" ? condition.of : { kind: "not", of: condition };
}

function answerOfAll(conditions: readonly Condition[]): boolean | undefined {
  const parts = conditions.flatMap((each) => (each.kind === "all" ? each.of : [each]));
  const answers = new Set(parts.map(answerOf));
  const texts = new Set(parts.map((part) => JSON.stringify(part)));
  const isBoth = parts.some((part) => texts.has(JSON.stringify(negated(part))));
  if (answers.has(false) || isBoth || testsOfOne(parts).some((test) => isNever(test))) return false;
  return answers.has(undefined) ? undefined : true;
}

/** What is asked of one field in several places, taken together. */
function testsOfOne(parts: readonly Condition[]): readonly Test[] {
  const tests = parts.flatMap((part) => {
    if (!("test" in part)) return [];
    const { test, ...field } = part;
    return [{ field: JSON.stringify(field), test }];
  });
  return [...Map.groupBy(tests, ({ field }) => field).values()].map((same) =>
    same.flatMap(({ test }) => test),
  );
}

function answerOfHistory(
  condition: Extract<Condition, { kind: "event" | "orders" }>,
): boolean | undefined {
  const { count, where, first, last } = condition;
  const total = condition.kind === "orders" ? condition.total : null;
  const others = [total, first, last].filter((test) => test !== null);
  if (others.some((test) => isNever(test)) || (count && isNever(count, "count"))) return false;
  const isNone = Object.values(where).some((test) => isNever(test));
  if (isNone && (count === null || !count.every((each) => allows(each, 0)))) return false;
  const isAny = count?.every(({ op, value }) => op === "gte" && value === 0) ?? false;
  return isAny && others.length === 0 ? true : undefined;
}

function isNever(test: Test, of: "count" | "value" = "value"): boolean {
  return isAbsentThing(test) || hasNoValue(test) || isEmptyRange(test, of) || isEmptySpan(test);
}

/** `exists: false` beside what only holds of something. */
function isAbsentThing(test: Test): boolean {
  const holdsOfNothing = (op: Comparison["op"]) => /^(exists|ne|not_in)$/.test(op);
  const isAbsent = test.some(({ op, value }) => op === "exists" && value === false);
  const isThere = ({ op, value }: Comparison) =>
    op === "exists" ? value === true : !holdsOfNothing(op);
  return isAbsent && test.some(isThere);
}

/** Whether every value that one comparison names is excluded by another. */
function hasNoValue(test: Test): boolean {
  const named = test.filter(({ op }) => op === "eq" || op === "in").map(({ value }) => value);
  return named.some((values) =>
    [values].flat().every((value) => test.some((comparison) => !allows(comparison, value))),
  );
}

/** Whether a comparison may hold of a value; true where that cannot be told, as of a day and an instant on it. */
function allows({ op, value }: Comparison, found: unknown): boolean {
  const others = [value].flat();
  const isSame = others.some((other) => other === found);
  const isLike = others.every((other) => typeof other === typeof found && !isDay(other));
  if (op === "ne" || op === "not_in") return !isSame;
  if (op === "eq" || op === "in") return isSame || !isLike;
  if (typeof found !== "number" || typeof value !== "number") return true;
  if (op === "gt") return found > value;
  if (op === "gte") return found >= value;
  if (op === "lt") return found < value;
  return op === "lte" ? found <= value : true;
}

/** `gt: 10` beside `lt: 5`. A count is whole and not below zero. */
function isEmptyRange(test: Test, of: "count" | "value"): boolean {
  const least = of === "count" ? 0 : -Infinity;
  const step = of === "count" ? 1 : 0;
  const from = Math.max(
    least,
    ...numbers(test, "gte"),
    ...numbers(test, "gt").map((n) => n + step),
  );
  const to = Math.min(...numbers(test, "lte"), ...numbers(test, "lt").map((n) => n - step));
  const isOpen = of === "value" && [...numbers(test, "gt"), ...numbers(test, "lt")].includes(from);
  return from > to || (from === to && isOpen);
}

function numbers(test: Test, op: Comparison["op"]): readonly number[] {
  return test.flatMap((each) =>
    each.op === op && typeof each.value === "number" ? [each.value] : [],
  );
}

/** `after: 2026-05-01` beside `before: 2026-01-01`; within one day it depends on the hour. */
function isEmptySpan(test: Test): boolean {
  const days = (ops: RegExp) =>
    test.flatMap(({ op, value }) => (ops.test(op) && isDay(value) ? [value.slice(0, 10)] : []));
  const ends = days(/^(before|lte?)$/);
  return days(/^(after|gte?)$/).some((start) => ends.some((end) => end < dayBefore(start)));
}

/** A day is another one by the clock of another zone. */
function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

function isDay(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}/.test(value);
}
