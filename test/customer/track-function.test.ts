import { sql } from "kysely";
import { Client } from "pg";
import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables, urlOf } from "../support/database.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const events = () =>
  database
    .selectFrom("events as e")
    .innerJoin("customers as c", "c.id", "e.customer_id")
    .select(["c.external_id as who", "e.name", "e.properties"])
    .orderBy("e.id")
    .execute();

test("an application tracks inside its own transaction: both commit or neither does", async () => {
  await sql`create table public.sales (id integer)`.execute(database);
  const sell = (ending: string) =>
    sql
      .raw(
        `begin; insert into public.sales values (1); select waypost.track('c-17', 'order_completed', '{"total": 12}'); ${ending}`,
      )
      .execute(database);
  await sell("rollback");
  expect(await events()).toEqual([]);
  await sell("commit");
  expect(await events()).toEqual([
    { who: "c-17", name: "order_completed", properties: { total: 12 } },
  ]);
  await sql`drop table public.sales`.execute(database);
});

test("a key makes the second call a duplicate", async () => {
  const call = sql<{
    track: boolean;
  }>`select waypost.track('c-1', 'x', key => 'sale-1', at => '2026-01-05T10:00:00Z')`;
  expect([(await call.execute(database)).rows, (await call.execute(database)).rows]).toEqual([
    [{ track: true }],
    [{ track: false }],
  ]);
  expect(await events()).toHaveLength(1);
});

test("what a journey listens for is queued, and workers hear of it at the commit", async () => {
  await database.insertInto("heard_events").values({ name: "heard" }).execute();
  const listener = new Client({ connectionString: urlOf(database) });
  await listener.connect();
  await listener.query("listen waypost_events");
  const told = new Promise((resolve) => listener.once("notification", resolve));
  await sql`select waypost.track('c-1', 'unheard'), waypost.track('c-1', 'heard', '{"a": 1}')`.execute(
    database,
  );
  await told;
  await listener.end();
  expect(
    await database.selectFrom("pending_events").select(["name", "properties"]).execute(),
  ).toEqual([{ name: "heard", properties: { a: 1 } }]);
});

test.each([
  [sql`select waypost.track(null, 'x')`, "expected the customer's id, got null"],
  [sql`select waypost.track('', 'x')`, "expected the customer's id, got ''"],
  [sql`select waypost.track('c-1', ' ')`, "expected the name of the event"],
  [sql`select waypost.track('c-1', 'x', '[1]')`, "expected a JSON object of properties, got array"],
])("a mistaken call says what was expected (%#)", async (call, reason) => {
  await expect(call.execute(database)).rejects.toThrow(reason);
});

test("a role without rights on our tables may track when it was granted, and cannot slip its own tables under it", async () => {
  const client = new Client({ connectionString: urlOf(database) });
  await client.connect();
  const role = `shop_${process.pid}`;
  await client.query(`create role ${role}; grant usage on schema waypost to ${role}`);
  try {
    await client.query(`set role ${role}`);
    await expect(client.query("select waypost.track('c-1', 'x')")).rejects.toThrow(
      "permission denied for function track",
    );
    await client.query(
      `reset role; grant execute on function waypost.track to ${role}; set role ${role}`,
    );
    await client.query(
      "create temp table customers (id bigint, external_id text); create temp table events (id bigint)",
    );
    await client.query("select waypost.track('c-1', 'x')");
    await expect(client.query("select * from waypost.events")).rejects.toThrow("permission denied");
    expect(await events()).toHaveLength(1);
  } finally {
    await client.query(`reset role; drop owned by ${role}; drop role ${role}`);
    await client.end();
  }
});
