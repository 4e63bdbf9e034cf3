import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aFile, importing } from "./files.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const events = () =>
  database
    .selectFrom("events")
    .select(["name", "occurred_at", "properties"])
    .orderBy("id")
    .execute();
const pending = () => database.selectFrom("pending_events").select("name").execute();
const hear = (name: string) => database.insertInto("heard_events").values({ name }).execute();

test("events come in with their customers, and with other columns as properties", async () => {
  const file = aFile([
    "event,customer_id,time,page,value",
    "page_viewed,c-1,2026-03-01T10:00:00Z,/cups,12.5",
    "basket_left,c-2,2026-04-01T10:00:00Z,,",
  ]);
  expect(await importing(database, "events", file)).toMatchObject({
    rows: 2,
    inserted: 2,
    customers: { inserted: 2 },
  });
  expect(await events()).toEqual([
    {
      name: "page_viewed",
      occurred_at: new Date("2026-03-01T10:00:00Z"),
      properties: { page: "/cups", value: 12.5 },
    },
    { name: "basket_left", occurred_at: new Date("2026-04-01T10:00:00Z"), properties: {} },
  ]);
});

test("months get their partitions before the events come", async () => {
  await importing(
    database,
    "events",
    aFile([
      "event,customer_id,time",
      "x,1,2025-02-28T23:59:59Z",
      "x,1,2025-03-01T00:00:00Z",
      "x,1,1999-01-01T00:00:00Z",
    ]),
  );
  const { rows } = await sql<{
    part: string;
  }>`select tableoid::regclass::text as part from events order by occurred_at`.execute(database);
  expect(rows.map(({ part }) => part)).toEqual([
    "events_elsewhen",
    "events_2025_02",
    "events_2025_03",
  ]);
});

test("a row is known by its message id, or by all that it says", async () => {
  const withKeys = aFile([
    "event,email,time,message id",
    "x,ann@example.com,2026-03-01,m-1",
    "x,ann@example.com,2026-03-01,m-2",
  ]);
  const without = aFile([
    "event,email,time,size",
    "y,ann@example.com,2026-03-01,L",
    "y,ann@example.com,2026-03-01,M",
    "y,ann@example.com,2026-03-01,M",
  ]);
  for (const [file, inserted] of [
    [withKeys, 2],
    [without, 2],
    [withKeys, 0],
    [without, 0],
  ] as const)
    expect(await importing(database, "events", file)).toMatchObject({ inserted, rejected: 0 });
  expect(await events()).toHaveLength(4);
});

test("imported events are history; journeys hear of them only when they are live", async () => {
  await hear("x");
  await importing(database, "events", aFile(["event,customer_id,time", "x,1,2026-03-01"]));
  expect(await pending()).toEqual([]);
  const live = await importing(
    database,
    "events",
    aFile(["event,customer_id,time", "x,1,2026-03-02", "y,1,2026-03-02"]),
    { live: true },
  );
  expect(live.heard).toBe(1);
  expect(await pending()).toEqual([{ name: "x" }]);
});

test("events without a customer, a name or a likely time are reported", async () => {
  const file = aFile([
    "event,customer_id,time",
    ",1,2026-03-01",
    "x,,2026-03-01",
    "x,1,",
    "x,1,2031-01-01",
    "x,1,1960-01-01",
    "x,1,2026-03-01",
  ]);
  expect(await importing(database, "events", file)).toMatchObject({ inserted: 1, rejected: 5 });
});

test("products come in, and once", async () => {
  const file = aFile([
    "sku,title,category,price,colour",
    "s-1,Cup,kitchen,£3.50,red",
    "s-1,Big cup,,,",
    "s-2,Plate,kitchen,4,",
  ]);
  expect(await importing(database, "products", file)).toMatchObject({ inserted: 2, updated: 0 });
  expect(await importing(database, "products", file)).toMatchObject({ inserted: 0, updated: 0 });
  expect(
    await database
      .selectFrom("products")
      .select(["name", "price", "currency", "attributes"])
      .orderBy("external_id")
      .execute(),
  ).toEqual([
    { name: "Big cup", price: "3.5000", currency: "GBP", attributes: { colour: "red" } },
    { name: "Plate", price: "4.0000", currency: "GBP", attributes: {} },
  ]);
});
