import { writeDuration } from "../duration.ts";
import type { Comparison, Condition, Test, Value } from "./condition.ts";

/** What a workflow file holds, before it is YAML. */
export type Written = Readonly<Record<string, unknown>>;

/** A condition as a workflow file writes it; `read-condition.ts` reads it back. */
export function writeCondition(condition: Condition): Written {
  switch (condition.kind) {
    case "all":
    case "any":
      return { [condition.kind]: condition.of.map(writeCondition) };
    case "not":
      return { not: writeCondition(condition.of) };
    case "customer":
    case "account":
    case "entry":
      return { [`${condition.kind}.${condition.field}`]: writeTest(condition.test) };
    case "answer":
      return { [`call.${condition.step}.${condition.field}`]: writeTest(condition.test) };
    case "task":
      return { [`task.${condition.step}`]: writeTest(condition.test) };
    case "event":
      return { event: condition.name, ...history(condition, isAtLeastOne(condition.count)) };
    case "orders":
      return {
        orders: {
          ...history(condition, false),
          ...(condition.total !== null && { total: writeTest(condition.total) }),
        },
      };
    case "segment":
      return { segment: condition.name };
    case "consent": {
      const { channel, topic, granted } = condition;
      return { consent: { channel, topic, granted } };
    }
    case "message": {
      const { journey, step, was, within } = condition;
      return {
        message: {
          ...(journey !== null && { journey }),
          ...(step !== null && { step }),
          was,
          ...windowOf(within),
        },
      };
    }
    case "voucher": {
      const { step, was, within } = condition;
      return { voucher: { ...(step !== null && { step }), was, ...windowOf(within) } };
    }
    case "sql":
      return { sql: condition.sql };
  }
}

function history(
  { count, within, where, first, last }: Extract<Condition, { kind: "event" | "orders" }>,
  isUsual: boolean,
): Written {
  return {
    ...(count !== null && !isUsual && { count: writeTest(count) }),
    ...windowOf(within),
    ...whereOf(where),
    ...(first !== null && { first: writeTest(first) }),
    ...(last !== null && { last: writeTest(last) }),
  };
}

function isAtLeastOne([one, another]: Test): boolean {
  return one?.op === "gte" && one.value === 1 && another === undefined;
}

export function windowOf(within: Parameters<typeof writeDuration>[0] | null): Written {
  return within === null ? {} : { within: writeDuration(within) };
}

/** `where:`, where there is any. */
export function whereOf(where: Readonly<Record<string, Test>>): Written {
  const entries = Object.entries(where).map(([field, test]) => [field, writeTest(test)] as const);
  return entries.length === 0 ? {} : { where: Object.fromEntries(entries) };
}

/** `GB`, `[GB, IE]`, `{ gte: 3 }`. */
function writeTest(test: Test): unknown {
  const [only] = test;
  if (test.length === 1 && only?.op === "eq") return writeValue(only.value);
  if (test.length === 1 && only?.op === "in") return writeValue(only.value);
  return Object.fromEntries(test.map(({ op, value }) => [op, writeValue(value)]));
}

function writeValue(value: Comparison["value"]): unknown {
  if (Array.isArray(value)) return (value as readonly Value[]).map(writeValue);
  if (typeof value === "object" && value !== null)
    return writeDuration(value as Parameters<typeof writeDuration>[0]);
  return value;
}
