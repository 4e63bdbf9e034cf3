import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { rowsOf } from "../../src/database/table-rows.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

/** Forty megabytes of events in two months. */
async function manyEvents(): Promise<void> {
  const ada = await aCustomer(database);
  await sql`select ensure_event_months(${monday}, ${later(monday, { days: 40 })})`.execute(
    database,
  );
  await sql`
    insert into events (customer_id, name, occurred_at, received_at, properties)
    select ${ada}, 'seen', ${monday}::timestamptz + i * interval '1 minute', ${monday}, jsonb_build_object('page', repeat('x', 1000))
    from generate_series(1, 38000) as i`.execute(database);
}

test("a small table is counted", async () => {
  await aCustomer(database);
  await aCustomer(database);
  await sql`analyze customers`.execute(database);
  expect(await rowsOf(database, "customers")).toEqual({ rows: 2, isEstimated: false });
  expect(await rowsOf(database, "events")).toEqual({ rows: 0, isEstimated: false });
});

test("how many a large table has is estimated without a look at its rows, over all its partitions", async () => {
  await manyEvents();
  expect(await rowsOf(database, "events")).toEqual({ rows: 38_000, isEstimated: false });
  await sql`analyze events`.execute(database);
  const { rows, isEstimated } = await rowsOf(database, "events");
  expect(isEstimated).toBe(true);
  expect(Math.abs(rows - 38_000)).toBeLessThan(1000);
  expect(await rowsOf(database, "events", { exact: true })).toEqual({
    rows: 38_000,
    isEstimated: false,
  });
});
