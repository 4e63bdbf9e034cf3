import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import type { Comparison, Condition } from "../../src/journey/condition.ts";
import { aDatabase } from "../support/database.ts";
import { Population, field, lasting, now, test as tests } from "./population.ts";

const people = new Population(await aDatabase());
const hostile = [
  "'; DROP TABLE customers; --",
  "' OR '1'='1",
  "\\'; SELECT pg_sleep(9)",
  '"quoted"',
  "$1",
  "$$",
  "%_%",
  "{a,b}",
  "NULL",
  "Robert’); 東京 🦊 \u202e",
  "a'b\"c%d.e",
];

beforeAll(async () => {
  for (const text of hostile)
    await people.customer(text, { city: text, attributes: { [text]: text, list: [text] } });
});

test.each(hostile)("%s is a value like any other", async (text) => {
  expect(await people.who(field("city", { eq: text }))).toEqual([text]);
  expect(await people.who(field("city", { in: [text, "x"] }))).toEqual([text]);
  expect(await people.who(field("city", { starts_with: text }))).toEqual([text]);
  expect(await people.who(field("city", { contains: text }))).toContain(text);
  expect(await people.who(field("attributes.list", { contains: text }))).toEqual([text]);
  expect(await people.who(field(`attributes.${text}`, { eq: text }))).toEqual([text]);
});

const marker = "Zq7";
const marked = fc
  .string({ unit: "grapheme" })
  .map((text) => `${marker}${text.replaceAll("\0", "")}`);
const number = fc.integer({ min: 770_000, max: 779_999 });
const moment = fc.constantFrom("2077-07-07", "2077-07-07T07:07:07Z");

/** Any test that can be asked of JSON, with values that would be recognised in the SQL. */
const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    op: fc.constantFrom("eq" as const, "ne" as const),
    value: fc.oneof(marked, number, fc.constant(null)),
  }),
  fc.record({
    op: fc.constantFrom("in" as const, "not_in" as const),
    value: fc.array(fc.oneof(marked, number)),
  }),
  fc.record({
    op: fc.constantFrom("gt" as const, "lte" as const),
    value: fc.oneof(number, moment),
  }),
  fc.record({ op: fc.constantFrom("contains" as const, "starts_with" as const), value: marked }),
  fc.record({ op: fc.constantFrom("before" as const, "after" as const), value: moment }),
  fc.record({ op: fc.constant("within" as const), value: fc.constant(lasting("7777 days")) }),
  fc.record({ op: fc.constant("exists" as const), value: fc.boolean() }),
);
const asked = fc.array(comparison, { maxLength: 3 });
const where = fc.dictionary(marked, asked, { maxKeys: 2 });
const none = { within: null, first: null, last: null };

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({
      kind: fc.constant("customer" as const),
      field: marked.map((key) => `attributes.${key}`),
      test: asked,
    }),
    fc.record({
      kind: fc.constant("account" as const),
      field: marked.map((key) => `attributes.${key}`),
      test: asked,
    }),
    fc
      .record({ kind: fc.constant("event" as const), name: marked, where })
      .map((event) => ({ ...event, ...none, count: tests({ lt: 775_000 }) })),
    fc.record({
      kind: fc.constant("consent" as const),
      channel: marked,
      topic: marked,
      granted: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("segment" as const), name: marked }),
    fc.record({
      kind: fc.constant("message" as const),
      journey: marked,
      step: marked,
      was: fc.constantFrom("opened" as const, "failed" as const),
      within: fc.constant(null),
    }),
    fc.record({
      kind: fc.constantFrom("all" as const, "any" as const),
      of: fc.array(tie("condition"), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("not" as const), of: tie("condition") }),
  ),
}));

test("no value, key or name is ever part of the SQL, only $1, $2 …", () => {
  fc.assert(
    fc.property(condition, (given) => {
      const { sql } = conditionSql(given, { now }).compile(people.database);
      expect(sql).not.toContain(marker);
      expect(sql).not.toMatch(/2077|77\d{4}/);
      expect(sql.match(/'[^']*'/g)?.every((literal) => written.has(literal)) ?? true).toBe(true);
    }),
    { numRuns: 500 },
  );
});

/** The literals that our own SQL is written with. */
const written = new Set(["'array'", "'granted'", "'completed'", "'failed'", "'suppressed'"]);

test("whatever is asked, Postgres can answer, and its negation holds of the others", async () => {
  await fc.assert(
    fc.asyncProperty(condition, async (given) => {
      expect(hostile).toEqual(expect.arrayContaining([...(await people.who(given))]));
    }),
    { numRuns: 100 },
  );
});
