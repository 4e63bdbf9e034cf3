import { expect, test } from "vitest";
import type { Condition } from "../../src/journey/condition.ts";
import { describeCondition } from "../../src/journey/describe-condition.ts";
import { readSegment } from "../../src/journey/read-segment.ts";
import { journeyFrom, linesOf, seenByEditors } from "./mistake-lines.ts";

const days = (count: number) => ({ months: 0, days: count, seconds: 0 });

function conditionFrom(written: string): Condition {
  const { segment, mistakes } = readSegment(`segment: vip\nif: ${written}`, "vip.yaml");
  if (segment === undefined) throw new Error(linesOf(mistakes).join("\n"));
  expect(seenByEditors(`segment: vip\nif: ${written}`)).toEqual([]);
  return segment.condition;
}

function testFrom(written: string): unknown {
  const condition = conditionFrom(`{ customer.attributes.x: ${written} }`);
  return condition.kind === "customer" ? condition.test : undefined;
}

test("a scalar asks for equality, a list for one of its values", () => {
  expect(testFrom("gold")).toEqual([{ op: "eq", value: "gold" }]);
  expect(testFrom("true")).toEqual([{ op: "eq", value: true }]);
  expect(testFrom("[gold, 7]")).toEqual([{ op: "in", value: ["gold", 7] }]);
});

test("several operators must all hold", () => {
  expect(testFrom("{ gte: 3, lt: 10 }")).toEqual([
    { op: "gte", value: 3 },
    { op: "lt", value: 10 },
  ]);
});

test("where numbers are compared, money is its amount and a percentage a share", () => {
  expect(testFrom("{ gte: 50 EUR, lt: 99.95 GBP }")).toEqual([
    { op: "gte", value: 50 },
    { op: "lt", value: 99.95 },
  ]);
  expect(testFrom("{ gt: 12%, lte: 29% }")).toEqual([
    { op: "gt", value: 0.12 },
    { op: "lte", value: 0.29 },
  ]);
});

test("equality leaves a text as it is written, whatever it looks like", () => {
  expect(testFrom("50 EUR")).toEqual([{ op: "eq", value: "50 EUR" }]);
  expect(testFrom("3 days")).toEqual([{ op: "eq", value: "3 days" }]);
});

test("moments are days, instants, or so long ago", () => {
  expect(testFrom("{ after: 2026-01-31, before: 30 days, within: 1 year }")).toEqual([
    { op: "after", value: "2026-01-31" },
    { op: "before", value: days(30) },
    { op: "within", value: { months: 12, days: 0, seconds: 0 } },
  ]);
  expect(testFrom("{ gte: 2026-01-31T09:00:00+01:00 }")).toEqual([
    { op: "gte", value: "2026-01-31T09:00:00+01:00" },
  ]);
  expect(conditionFrom("{ customer.birthday: 1990-05-01 }")).toMatchObject({
    test: [{ op: "eq", value: "1990-05-01" }],
  });
});

test("a mapping of several tests asks for all of them, a single one stands for itself", () => {
  expect(conditionFrom("{ customer.country: GB }")).toMatchObject({ kind: "customer" });
  expect(conditionFrom("{ customer.country: GB, segment: best }")).toMatchObject({
    kind: "all",
    of: [
      { kind: "customer", field: "country" },
      { kind: "segment", name: "best" },
    ],
  });
  expect(conditionFrom("{ not: { any: [{ segment: a }, { segment: b }] } }")).toEqual({
    kind: "not",
    of: {
      kind: "any",
      of: [
        { kind: "segment", name: "a" },
        { kind: "segment", name: "b" },
      ],
    },
  });
});

test("what stands beside an event belongs to it", () => {
  expect(
    conditionFrom(
      "{ event: seen, count: { gte: 3 }, within: 7 days, where: { path: /a }, segment: b }",
    ),
  ).toEqual({
    kind: "all",
    of: [
      {
        kind: "event",
        name: "seen",
        count: [{ op: "gte", value: 3 }],
        within: days(7),
        where: { path: [{ op: "eq", value: "/a" }] },
        first: null,
        last: null,
      },
      { kind: "segment", name: "b" },
    ],
  });
});

test("an event or orders without a test of their own are asked for once", () => {
  const once = [{ op: "gte", value: 1 }];
  expect(conditionFrom("{ event: seen }")).toMatchObject({ count: once });
  expect(conditionFrom("{ orders: { within: 180 days } }")).toMatchObject({ count: once });
  expect(conditionFrom("{ orders: { total: { lt: 5 } } }")).toMatchObject({ count: null });
});

test("a total with a currency counts the orders in it alone", () => {
  expect(conditionFrom("{ orders: { total: { gte: 500 EUR, lt: 900 EUR } } }")).toMatchObject({
    total: [
      { op: "gte", value: 500 },
      { op: "lt", value: 900 },
    ],
    where: { currency: [{ op: "eq", value: "EUR" }] },
  });
  expect(conditionFrom("{ orders: { total: { gte: 500 } } }")).toMatchObject({ where: {} });
});

test("consent is asked for as granted unless the file says otherwise", () => {
  expect(conditionFrom("{ consent: { channel: sms, topic: offers } }")).toEqual({
    kind: "consent",
    channel: "sms",
    topic: "offers",
    granted: true,
  });
});

test("a segment asks about no journey's own messages and no entry event, a journey asks no SQL", () => {
  expect(() => conditionFrom("{ message: { was: sent } }")).toThrow('expected "journey"');
  expect(() => conditionFrom("{ entry.total: 5 }")).toThrow("this one has none");
  expect(conditionFrom("{ sql: customer.id > 5 }")).toEqual({
    kind: "sql",
    sql: "customer.id > 5",
  });
  expect(() => journeyFrom({ start: "start: { on: a, if: { sql: x } }" })).toThrow("in a segment");
});

test("a property called __proto__ is a property like any other", () => {
  const condition = conditionFrom("{ event: seen, where: { __proto__: 5, constructor: 6 } }");
  if (condition.kind !== "event") throw new Error("expected an event condition");
  expect(Object.keys(condition.where)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(condition.where)).toBe(Object.prototype);
});

test.each([
  ["{ customer.country: [GB, IE] }", "customer.country one of GB, IE"],
  ["{ event: seen, count: { gte: 3 }, within: 7 days }", "seen count at least 3 within 7 days"],
  [
    "{ orders: { count: 0, last: { before: 1 year } } }",
    "orders count is 0 and last orders before 12 months ago",
  ],
  ["{ not: { segment: best } }", "not in segment best"],
  ["{ message: { journey: a, step: b, was: clicked } }", "b of a was clicked"],
  [
    "{ any: [{ segment: a }, { all: [{ segment: b }, { sql: c }] }] }",
    "in segment a or (in segment b and sql: c)",
  ],
  ["{ customer.email: { exists: false } }", "customer.email is absent"],
])("%s reads as English", (written, line) => {
  expect(describeCondition(conditionFrom(written))).toBe(line);
});
