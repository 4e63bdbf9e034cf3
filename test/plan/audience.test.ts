import { sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import type { Condition } from "../../src/journey/condition.ts";
import { compareAudiences } from "../../src/plan/audience.ts";
import { aDatabase } from "../support/database.ts";
import { monday } from "../support/people.ts";

const database = await aDatabase();

beforeAll(async () => {
  await sql`insert into customers (external_id, country, attributes, created_at, updated_at)
    select 'c-' || i, case when i % 2 = 0 then 'GB' else 'IE' end, jsonb_build_object('note', repeat('x', 200)), ${monday}, ${monday}
    from generate_series(1, 3000) i`.execute(database);
  await sql`analyze customers`.execute(database);
});

const british: Condition = {
  kind: "customer",
  field: "country",
  test: [{ op: "eq", value: "GB" }],
};
/** Takes a thousandth of a second for each customer. */
const slowly: Condition = { kind: "sql", sql: "pg_sleep(0.001) is not null" };
const slowBritish: Condition = { kind: "all", of: [slowly, british] };
const asked = { now: monday, limitMs: 30_000, customers: 3000 };

test("with the time for it everybody is counted", async () => {
  expect(await compareAudiences(database, null, british, asked)).toMatchObject({
    found: { by: "count" },
    now: 0,
    then: 1500,
    enters: 1500,
    leaves: 0,
    entering: ["2", "4", "6", "8", "10"],
  });
});

test("who is in before and after is in neither list", async () => {
  expect(await compareAudiences(database, british, british, asked)).toMatchObject({
    now: 1500,
    then: 1500,
    enters: 0,
    leaves: 0,
  });
});

test("without it a sample is scaled up, and says how large it was", async () => {
  const found = await compareAudiences(database, british, slowBritish, {
    ...asked,
    limitMs: 1500,
    customers: 200_000,
  });
  expect(found.found).toMatchObject({ by: "sample" });
  expect(found.then).toBeGreaterThan(70_000);
  expect(found.then).toBeLessThan(130_000);
  expect(found).toMatchObject({ enters: 0, leaves: 0 });
});

test("without the time for a sample the database's planner is asked", async () => {
  const found = await compareAudiences(database, null, slowBritish, { ...asked, limitMs: 50 });
  expect(found.found).toEqual({ by: "planner" });
  expect(found.then).toBeGreaterThan(0);
});
