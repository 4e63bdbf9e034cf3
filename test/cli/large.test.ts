import { sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import { aDatabase } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);

/** Forty megabytes of events. */
beforeAll(async () => {
  const ada = await aCustomer(database);
  await sql`
    insert into events (customer_id, name, occurred_at, received_at, properties)
    select ${ada}, 'seen', ${monday}, ${monday}, jsonb_build_object('page', repeat('x', 1000)) from generate_series(1, 38123)`.execute(
    database,
  );
  await sql`analyze events`.execute(database);
}, 60_000);

test("status says which numbers of large tables are estimated, and counts them when told to", async () => {
  const { out } = await terminal.waypost("status");
  expect(out).toMatch(/^1 customer, 0 orders, about 3\d{2}00 events\n/);
  const [found] = (await terminal.waypost("status", "--json")).json();
  expect(found).toMatchObject({ customers: 1, orders: 0, estimated: ["events"] });
  const exact = await terminal.waypost("status", "--exact", "--json");
  expect(exact.json()).toMatchObject([{ events: 38_123, estimated: [] }]);
});
