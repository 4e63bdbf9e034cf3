import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import { reasonOf } from "../../src/errors.ts";
import { operatorsOf } from "../../src/journey/comparison.ts";
import type { Comparison, Condition } from "../../src/journey/condition.ts";
import { describeCondition } from "../../src/journey/describe-condition.ts";
import type { Journey } from "../../src/journey/journey.ts";
import {
  type FieldType,
  type Fields,
  accountFields,
  customerFields,
  orderFields,
} from "../../src/journey/field.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { readProject } from "../../src/journey/read-project.ts";
import { aDatabase } from "../support/database.ts";
import { journeyFrom } from "./mistake-lines.ts";

const database = await aDatabase();
const now = new Date("2026-06-01T09:00:00Z");

/** Why the database does not answer; undefined when it does. */
async function refusalOf(condition: Condition): Promise<string | undefined> {
  try {
    const scope = { now, enrollment: "enrollment", journey: "a", sql: true };
    await sql`select from customers customer join enrollments enrollment on enrollment.customer_id = customer.id
      where ${conditionSql(condition, scope)}`.execute(database);
    return undefined;
  } catch (cause) {
    return `${describeCondition(condition)}: ${reasonOf(cause)}`;
  }
}

async function refusalsOf(conditions: readonly Condition[]): Promise<readonly string[]> {
  const refusals: string[] = [];
  for (const condition of conditions) refusals.push((await refusalOf(condition)) ?? "");
  return refusals.filter((refusal) => refusal !== "");
}

function conditionsOf(journey: Journey): readonly Condition[] {
  return [
    ...(journey.start.if === null ? [] : [journey.start.if]),
    ...journey.stop.flatMap((stop) => (stop.kind === "condition" ? [stop.if] : [])),
    ...Object.values(journey.steps).flatMap((step) => {
      if (step.kind === "switch") return step.arms.map((arm) => arm.if);
      if (step.kind === "repeat") return step.until === null ? [] : [step.until];
      return step.kind === "if" ? [step.if] : [];
    }),
  ];
}

test("every condition of the shipped workflows and of the example can be asked of the database", async () => {
  const example = readJourney(readFileSync("workflows/example.yaml", "utf8"), "example.yaml");
  const { journeys, segments } = readProject("workflows");
  const all = [
    ...journeys.flatMap(({ journey }) => conditionsOf(journey)),
    ...segments.map(({ condition }) => condition),
    ...(example.journey === undefined ? [] : conditionsOf(example.journey)),
  ];
  expect(all.length).toBeGreaterThan(8);
  expect(await refusalsOf(all)).toEqual([]);
});

const values: Readonly<Record<FieldType, readonly string[]>> = {
  text: ["a"],
  zone: ["Europe/London"],
  country: ["GB"],
  number: ["5", "50 EUR", "12%"],
  money: ["5", "50 EUR"],
  count: ["5"],
  instant: ["2026-01-31", "2026-01-31T09:00:00Z", "2026-01-31T09:00+01:00"],
  any: ["5", "a", "true"],
};

function valuesFor(op: Comparison["op"], type: FieldType): readonly string[] {
  if (op === "exists") return ["true", "false"];
  if (op === "within") return ["3 days"];
  if (op === "before" || op === "after") return ["3 days", "2026-01-31"];
  if (op === "contains" || op === "starts_with") return ["a"];
  if (op === "in" || op === "not_in") return values[type].map((value) => `[${value}]`);
  return type === "any" && /^[gl]te?$/.test(op) ? ["5", "2026-01-31"] : values[type];
}

/** Every test that the grammar allows on a field: each operator with each kind of value. */
function testsOn(type: FieldType): readonly string[] {
  return operatorsOf(type).flatMap((op) =>
    valuesFor(op, type).map((value) => `{ ${op}: ${value} }`),
  );
}

type Asked = readonly (readonly [condition: string, type: FieldType])[];
const fieldsOf = (owner: string, fields: Fields): Asked =>
  Object.entries(fields).map(([field, type]) => [`{ ${owner}.${field}: TEST }`, type]);

const asked: Asked = [
  ...fieldsOf("customer", customerFields),
  ...fieldsOf("account", accountFields),
  ["{ customer.attributes.plan: TEST }", "any"],
  ["{ entry.total: TEST }", "any"],
  ["{ event: seen, where: { path: TEST } }", "any"],
  ["{ event: seen, count: TEST }", "count"],
  ["{ event: seen, first: TEST }", "instant"],
  ...Object.entries(orderFields).map(
    ([field, type]) => [`{ orders: { where: { ${field}: TEST } } }`, type] as const,
  ),
  ["{ orders: { where: { product.attributes.x: TEST } } }", "any"],
  ["{ orders: { count: TEST } }", "count"],
  ["{ orders: { total: TEST } }", "money"],
  ["{ orders: { last: TEST } }", "instant"],
];

test("whatever the grammar allows to ask of a field, the evaluator can answer", async () => {
  const all = asked.flatMap(([condition, type]) =>
    testsOn(type).flatMap((each) => {
      const start = `start: { on: a, if: ${condition.replace("TEST", each)} }`;
      return conditionsOf(journeyFrom({ start }));
    }),
  );
  expect(await refusalsOf(all)).toEqual([]);
});
