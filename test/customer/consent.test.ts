import { beforeEach, expect, test } from "vitest";
import { recordConsents, suppress, unsuppress } from "../../src/customer/consent.ts";
import { findCustomer } from "../../src/customer/find-customer.ts";
import { ingestBatch } from "../../src/customer/ingest.ts";
import { customerTimeline } from "../../src/customer/timeline.ts";
import { aDatabase, freshTables } from "../support/database.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const now = new Date("2026-11-20T12:00:00Z");
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const settings = { now, country: "GB", zone: "Europe/London", currency: "GBP" };

async function ann(): Promise<string> {
  await ingestBatch(
    database,
    [
      {
        type: "identify",
        userId: "17",
        anonymousId: "a-1",
        traits: { email: "ann@example.com", phone: "07400 123456" },
      },
    ],
    settings,
  );
  return (await findCustomer(database, "17"))?.id ?? "";
}

test("consents are appended, the newest decides, and the same line twice is one", async () => {
  const id = await ann();
  const line = { customer_id: id, channel: "email", topic: "offers", method: "form" } as const;
  const granted = { ...line, state: "granted", occurred_at: at(0) } as const;
  expect(
    await recordConsents(database, [granted, { ...line, state: "withdrawn", occurred_at: at(1) }]),
  ).toBe(2);
  expect(await recordConsents(database, [granted])).toBe(0);
  expect(await recordConsents(database, [])).toBe(0);
  expect(await database.selectFrom("current_consents").select("state").execute()).toEqual([
    { state: "withdrawn" },
  ]);
});

test("an address is suppressed however it is spelt, keeps its first reason, and can be used again when that is lifted", async () => {
  const row = { channel: "email", address: "Ann@Example.com", created_at: now };
  expect(await suppress(database, [{ ...row, reason: "bounced" }])).toBe(1);
  expect(
    await suppress(database, [{ ...row, address: "ann@example.com ", reason: "complained" }]),
  ).toBe(0);
  expect(await database.selectFrom("suppressions").select(["address", "reason"]).execute()).toEqual(
    [{ address: "ann@example.com", reason: "bounced" }],
  );
  expect(await unsuppress(database, [{ channel: "email", address: "ANN@example.com" }])).toBe(1);
});

test("a customer is found by whatever they are known by", async () => {
  const id = await ann();
  for (const name of ["17", " 17 ", "a-1", "ANN@example.com", "+447400123456"])
    expect((await findCustomer(database, name))?.id).toBe(id);
  expect(await findCustomer(database, "nobody@example.com")).toBeUndefined();
  expect(await findCustomer(database, "")).toBeUndefined();
  expect(await findCustomer(database, "999999999999999999999999")).toBeUndefined();
});

test("a customer's timeline holds all that happened to them, newest first, in pages", async () => {
  const id = await ann();
  await ingestBatch(
    database,
    [
      { type: "track", userId: "17", event: "page_viewed", timestamp: at(-3).toISOString() },
      {
        type: "track",
        userId: "17",
        event: "order_completed",
        timestamp: at(-2).toISOString(),
        properties: { order_id: "o-1", total: 5 },
      },
      {
        type: "identify",
        userId: "17",
        timestamp: at(-1).toISOString(),
        traits: { consent: { email: true } },
      },
    ],
    settings,
  );
  const timeline = await customerTimeline(database, id, { limit: 10 });
  expect(timeline.map(({ kind, title, state }) => [kind, title, state])).toEqual([
    ["consent", "email · *", "granted"],
    ["event", "order_completed", null],
    ["order", "o-1", "completed"],
    ["event", "page_viewed", null],
  ]);
  expect(await customerTimeline(database, id, { limit: 1 })).toHaveLength(1);
  const older = await customerTimeline(database, id, { limit: 10, before: at(-2) });
  expect(older.map(({ title }) => title)).toEqual(["page_viewed"]);
});
