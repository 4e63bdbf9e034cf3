import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import { answerOf } from "../../src/journey/condition-answer.ts";
import type { Comparison, Condition } from "../../src/journey/condition.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aJourney } from "./mistake-lines.ts";
import { readJourney } from "../../src/journey/read-journey.ts";

/** A condition as it is written in a file. */
function written(condition: string): Condition {
  const text = aJourney({ start: `start: { on: signed_up, if: ${condition} }` });
  const read = readJourney(text, "a.yaml").journey?.start.if;
  if (!read) throw new Error(`expected a condition, got ${condition}`);
  return read;
}

test.each([
  "{ customer.country: { eq: GB, ne: GB } }",
  "{ customer.country: { in: [GB, IE], not_in: [IE, GB, FR] } }",
  "{ all: [{ customer.country: GB }, { customer.country: FR }] }",
  "{ customer.country: GB, all: [{ customer.country: { ne: GB } }] }",
  "{ customer.attributes.a: { eq: 3, gt: 5 } }",
  "{ customer.attributes.a: { gt: 10, lt: 5 } }",
  "{ customer.attributes.a: { gt: 5, lte: 5 } }",
  "{ customer.city: { exists: false, eq: London } }",
  "{ customer.created_at: { after: 2026-05-01, before: 2026-01-01 } }",
  "{ event: a, count: { gte: 5, lte: 3 } }",
  "{ event: a, count: { gt: 2, lt: 3 } }",
  "{ event: a, count: { lt: 0 } }",
  "{ event: a, where: { total: { gt: 10, lt: 5 } } }",
  "{ orders: { count: 1, total: { gte: 10, lt: 10 } } }",
  "{ all: [{ segment: vip }, { not: { segment: vip } }] }",
  "{ not: { any: [{ segment: vip }, { not: { segment: vip } }] } }",
  "{ any: [{ customer.country: { eq: GB, ne: GB } }, { entry.a: { gt: 2, lt: 1 } }] }",
])("%s never holds", (condition) => {
  expect(answerOf(written(condition))).toBe(false);
});

test.each([
  "{ any: [{ segment: vip }, { not: { segment: vip } }] }",
  "{ not: { customer.country: { eq: GB, ne: GB } } }",
  "{ orders: { count: { gte: 0 } } }",
])("%s always holds", (condition) => {
  expect(answerOf(written(condition))).toBe(true);
});

test.each([
  "{ customer.country: { eq: GB, ne: FR } }",
  "{ customer.country: { in: [GB, IE], not_in: [IE] } }",
  "{ customer.attributes.a: { gte: 5, lte: 5 } }",
  '{ all: [{ customer.attributes.a: 5 }, { customer.attributes.a: "5" }] }',
  "{ any: [{ customer.attributes.a: { gt: 5 } }, { customer.attributes.a: { lte: 5 } }] }",
  "{ customer.created_at: { after: 2026-05-01, before: 2026-05-01 } }",
  "{ customer.created_at: { eq: 2026-05-01, gt: 2026-05-01T09:00:00Z } }",
  "{ all: [{ event: a, count: 1 }, { event: a, count: 2, within: 3 days }] }",
  "{ event: a, count: 0, where: { total: { gt: 10, lt: 5 } } }",
  "{ all: [{ segment: vip }, { not: { segment: lapsed } }] }",
])("%s depends on the customer", (condition) => {
  expect(answerOf(written(condition))).toBe(undefined);
});

const database = await aDatabase();
const values = [1, 2, "1", "a", "2026-05-01", "2026-05-01T23:30:00Z", "2026-05-02", true, null];
for (const value of values) await aCustomer(database, { attributes: JSON.stringify({ a: value }) });
await aCustomer(database);

const value = fc.constantFrom<string | number>(1, 2, "1", "a", "2026-05-01", "2026-05-02");
const rank = fc.constantFrom<string | number>(1, 2, "2026-05-01", "2026-05-02");
const day = fc.constantFrom("2026-05-01", "2026-05-01T23:30:00Z", "2026-05-02");
const of = (ops: readonly Comparison["op"][], to: fc.Arbitrary<Comparison["value"]>) =>
  fc.record({ op: fc.constantFrom(...ops), value: to });
const comparison = fc.oneof(
  of(["eq", "ne"], value),
  of(["in", "not_in"], fc.array(value, { minLength: 1, maxLength: 3 })),
  of(["gt", "gte", "lt", "lte"], rank),
  of(["before", "after"], day),
  of(["exists"], fc.boolean()),
);
const { condition: anyCondition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    fc
      .array(comparison, { minLength: 1, maxLength: 3 })
      .map((tests): Condition => ({ kind: "customer", field: "attributes.a", test: tests })),
    tie("condition").map((inner): Condition => ({ kind: "not", of: inner })),
    fc
      .tuple(
        fc.constantFrom("all" as const, "any" as const),
        fc.array(tie("condition"), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, all]): Condition => ({ kind, of: all })),
  ),
}));

test("what is said to hold never, or always, is so for everybody the database knows", async () => {
  let decided = 0;
  await fc.assert(
    fc.asyncProperty(anyCondition, async (condition) => {
      const answer = answerOf(condition);
      if (answer === undefined) return;
      decided++;
      const { rows } = await sql<{ holds: boolean }>`
        select (${conditionSql(condition, { now: monday })}) is true as holds from customers customer`.execute(
        database,
      );
      expect(rows.map(({ holds }) => holds)).toEqual(rows.map(() => answer));
    }),
    { numRuns: 400 },
  );
  expect(decided).toBeGreaterThan(20);
});
