import { writeDuration } from "../duration.ts";
import type { Comparison, Condition, Test, Value } from "./condition.ts";

/** A condition as one line of English: "customer country is GB and at least 3 page_viewed within 7 days". */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case "all":
      return condition.of.map(bracketed).join(" and ");
    case "any":
      return condition.of.map(bracketed).join(" or ");
    case "not":
      return `not ${bracketed(condition.of)}`;
    case "customer":
    case "account":
    case "entry":
      return `${condition.kind}.${condition.field} ${describeTest(condition.test)}`;
    case "event":
    case "orders":
      return describeHistory(condition);
    case "segment":
      return `in segment ${condition.name}`;
    case "consent":
      return `consent to ${condition.topic} by ${condition.channel} ${condition.granted ? "granted" : "not granted"}`;
    case "message":
      return describeMessage(condition);
    case "answer":
      return `call.${condition.step}.${condition.field} ${describeTest(condition.test)}`;
    case "task":
      return `task ${condition.step} ${describeTest(condition.test)}`;
    case "voucher":
      return describeVoucher(condition);
    case "sql":
      return `sql: ${condition.sql}`;
  }
}

function bracketed(condition: Condition): string {
  const line = describeCondition(condition);
  return condition.kind === "all" || condition.kind === "any" ? `(${line})` : line;
}

function describeHistory(condition: Extract<Condition, { kind: "event" | "orders" }>): string {
  const { count, where, within, first, last } = condition;
  const subject = condition.kind === "event" ? condition.name : "orders";
  const total = condition.kind === "orders" ? condition.total : null;
  const tests: readonly (readonly [string, Test | null])[] = [
    [`${subject} count`, count],
    [`${subject} total`, total],
    [`first ${subject}`, first],
    [`last ${subject}`, last],
  ];
  const asked = tests.flatMap(([name, test]) => (test ? [`${name} ${describeTest(test)}`] : []));
  const inTime = within === null ? "" : ` within ${writeDuration(within)}`;
  return `${asked.join(" and ")}${describeWhere(where)}${inTime}`;
}

function describeMessage(condition: Extract<Condition, { kind: "message" }>): string {
  const { journey, step, was, within } = condition;
  return [
    step ?? "a message",
    ...(journey === null ? [] : [`of ${journey}`]),
    `was ${was}`,
    ...(within === null ? [] : [`within ${writeDuration(within)}`]),
  ].join(" ");
}

function describeVoucher(condition: Extract<Condition, { kind: "voucher" }>): string {
  const { step, was, within } = condition;
  const inTime = within === null ? "" : ` within ${writeDuration(within)}`;
  return `${step ?? "a voucher"} was ${was.replace("_", " ")}${inTime}`;
}

/** " where total above 50 and order_id is entry.order_id", of an event's properties; nothing where any will do. */
export function describeWhere(
  where: Readonly<Record<string, Test>>,
  match: Readonly<Record<string, string>> = {},
): string {
  const tests = [
    ...Object.entries(where).map(([property, test]) => `${property} ${describeTest(test)}`),
    ...Object.entries(match).map(([property, known]) => `${property} is ${known}`),
  ];
  return tests.length === 0 ? "" : ` where ${tests.join(" and ")}`;
}

const words: Readonly<Record<Comparison["op"], string>> = {
  eq: "is",
  ne: "is not",
  gt: "above",
  gte: "at least",
  lt: "below",
  lte: "at most",
  in: "one of",
  not_in: "none of",
  contains: "contains",
  starts_with: "starts with",
  exists: "exists",
  before: "before",
  after: "after",
  within: "within",
};

function describeTest(test: Test): string {
  return test.map(describeComparison).join(" and ");
}

function describeComparison({ op, value }: Comparison): string {
  if (op === "exists") return value === true ? "exists" : "is absent";
  const shown = Array.isArray(value)
    ? (value as readonly Value[]).map(describeValue).join(", ")
    : describeValue(value as Value);
  const isAgo = (op === "before" || op === "after") && typeof value === "object";
  return `${words[op]} ${shown}${isAgo ? " ago" : ""}`;
}

function describeValue(value: Value): string {
  return typeof value === "object" && value !== null ? writeDuration(value) : String(value);
}
