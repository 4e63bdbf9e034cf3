import { beforeEach, describe, expect, test } from "vitest";
import { type Ingested, identify, ingestBatch, track } from "../../src/customer/ingest.ts";
import { aDatabase, freshTables } from "../support/database.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const now = new Date("2026-11-20T12:00:00Z");
const settings = { now, country: "GB", zone: "Europe/London", currency: "GBP" };
const batch = (...messages: readonly unknown[]): Promise<Ingested> =>
  ingestBatch(database, messages, settings);
const customers = () => database.selectFrom("customers").selectAll().orderBy("id").execute();
const events = () =>
  database
    .selectFrom("events")
    .innerJoin("customers as c", "c.id", "customer_id")
    .select(["name", "c.external_id as who", "occurred_at", "properties"])
    .orderBy("events.id")
    .execute();
const hear = (name: string) => database.insertInto("heard_events").values({ name }).execute();

describe("track", () => {
  test("records the event of a customer, who is created when unknown", async () => {
    const result = await track(
      database,
      {
        userId: "c-1",
        event: "page_viewed",
        properties: { page: "/cups" },
        timestamp: "2026-11-20T11:59:00Z",
      },
      settings,
    );
    expect(result).toEqual({ accepted: 1, duplicates: 0, errors: [], heard: false });
    expect(await events()).toEqual([
      {
        name: "page_viewed",
        who: "c-1",
        occurred_at: new Date("2026-11-20T11:59:00Z"),
        properties: { page: "/cups" },
      },
    ]);
  });

  test("queues what a journey listens for, and says so", async () => {
    await hear("basket_left");
    expect(await batch({ type: "track", userId: "c-1", event: "page_viewed" })).toMatchObject({
      heard: false,
    });
    expect(
      await batch({ type: "track", userId: "c-1", event: "basket_left", properties: { total: 3 } }),
    ).toMatchObject({ heard: true });
    expect(
      await database.selectFrom("pending_events").select(["name", "properties"]).execute(),
    ).toEqual([{ name: "basket_left", properties: { total: 3 } }]);
  });

  test("takes a message id once, in one batch and in the next", async () => {
    const message = { type: "track", userId: "c-1", event: "x", messageId: "m-1" };
    expect(await batch(message, message)).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await batch(message, { ...message, messageId: "m-2" })).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect(await events()).toHaveLength(2);
  });

  test("of pages and screens are events too", async () => {
    await batch(
      { type: "page", userId: "1", name: "Home" },
      { type: "screen", userId: "1", properties: { name: "Cart" } },
    );
    expect((await events()).map(({ name, properties }) => [name, properties])).toEqual([
      ["page_viewed", { name: "Home" }],
      ["screen_viewed", { name: "Cart" }],
    ]);
  });
});

describe("a bad item", () => {
  test.each([
    [null, "", /expected object/],
    ["text", "", /expected object/],
    [{ type: "alias", userId: "1" }, "type", /./],
    [{ type: "track", userId: "1" }, "event", /expected string/],
    [{ type: "track", userId: "1", event: " " }, "event", /Too small/],
    [{ type: "track", event: "x" }, "userId", /expected userId or anonymousId/],
    [{ type: "track", userId: {}, event: "x" }, "userId", /expected string/],
    [{ type: "track", userId: "1", event: "x", properties: [] }, "properties", /expected record/],
    [
      { type: "track", userId: "1", event: "x", timestamp: "yesterday" },
      "timestamp",
      /expected a time such as/,
    ],
    [
      { type: "track", userId: "1", event: "x", timestamp: "2026-11-21T12:00:01Z" },
      "timestamp",
      /at most a day ahead/,
    ],
    [
      { type: "track", userId: "1", event: "x", timestamp: "1969-12-31T23:59:59Z" },
      "timestamp",
      /since 1970/,
    ],
    [{ type: "track", userId: "1", event: "x", properties: { a: "nul\0" } }, "", /NUL/],
    [{ type: "track", userId: "1", event: "x", properties: { a: "\uD800" } }, "", /surrogate/],
    [
      JSON.parse(
        '{"type": "track", "userId": "1", "event": "x", "properties": {"__proto__": {"polluted": 1}}}',
      ),
      "",
      /"__proto__" is not allowed/,
    ],
    [{ type: "track", userId: "1", event: "x".repeat(256) }, "event", /Too big/],
    [
      { type: "identify", userId: "1", traits: { email: "ann@" } },
      "traits",
      /email: expected an e-mail address/,
    ],
    [
      { type: "identify", userId: "1", traits: { phone: "123" } },
      "traits",
      /phone: expected a telephone number/,
    ],
    [
      {
        type: "track",
        userId: "1",
        event: "order_completed",
        properties: { order_id: "1", total: "much" },
      },
      "properties",
      /total: expected an amount/,
    ],
  ])(
    "%j is an error with its place, and the good ones beside it are kept",
    async (item, path, reason) => {
      const good = { type: "track", userId: "good", event: "x" };
      const result = await batch(good, item, good);
      expect(result).toMatchObject({
        accepted: 2,
        errors: [{ index: 1, path, reason: expect.stringMatching(reason) as string }],
      });
      expect(await events()).toHaveLength(2);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    },
  );

  test("among many takes nothing from the others; an event a day ahead is still one", async () => {
    const result = await batch(
      ...Array.from({ length: 999 }, (_, n) => ({
        type: "track",
        userId: `c-${n % 100}`,
        event: n % 10 === 0 ? "" : "x",
        timestamp: "2026-11-21T12:00:00Z",
      })),
    );
    expect(result).toMatchObject({ accepted: 899 });
    expect(result.errors).toHaveLength(100);
    expect(await customers()).toHaveLength(90);
  });
});

describe("identify", () => {
  test("puts traits we know into their columns, cleaned as in an import, and others into attributes", async () => {
    await identify(
      database,
      {
        userId: "c-1",
        traits: {
          email: "Ann@Example.com",
          firstName: "Ann",
          phone: "07400 123456",
          address: { city: "Leeds", postalCode: "LS1" },
          tier: "gold",
          tags: ["a"],
          id: "other",
        },
      },
      settings,
    );
    expect(await customers()).toMatchObject([
      {
        external_id: "c-1",
        email: "ann@example.com",
        first_name: "Ann",
        phone: "+447400123456",
        city: "Leeds",
        postcode: "LS1",
        attributes: { tier: "gold", tags: ["a"], id: "other" },
      },
    ]);
  });

  test("twice changes nothing, and null erases nothing", async () => {
    const message = { userId: "c-1", traits: { email: "ann@example.com", tier: "gold" } };
    await identify(database, message, settings);
    const before = await customers();
    await identify(database, message, { ...settings, now: new Date("2026-11-21T00:00:00Z") });
    await identify(
      database,
      { userId: "c-1", traits: { email: null, tier: null } },
      { ...settings, now: new Date("2026-11-21T00:00:00Z") },
    );
    expect(await customers()).toEqual(before);
  });

  const allows = async () =>
    (await database.selectFrom("current_consents").select(["state", "occurred_at"]).execute())[0];
  const logsIn = (email: boolean, timestamp?: string) =>
    identify(
      database,
      { userId: "c-1", traits: { subscriptions: { email } }, timestamp },
      settings,
    );

  test("a consent without a date, such as each login's, does not bring back who left; one with a date does", async () => {
    await logsIn(true, "2026-11-18T12:00:00Z");
    await logsIn(false, "2026-11-19T12:00:00Z");
    await logsIn(true);
    expect(await allows()).toMatchObject({ state: "withdrawn" });
    await logsIn(true, "2026-11-20T11:59:00Z");
    expect(await allows()).toMatchObject({ state: "granted" });
    await logsIn(false);
    expect(await allows()).toEqual({ state: "withdrawn", occurred_at: now });
  });

  test("a withdrawal of one topic stands against an undated grant of the whole channel", async () => {
    const traits = (offers: object | boolean) => ({
      userId: "c-1",
      traits: { consent: { email: offers } },
    });
    await identify(database, traits({ offers: false }), settings);
    await identify(database, traits(true), settings);
    expect(await database.selectFrom("consents").select("state").execute()).toEqual([
      { state: "withdrawn" },
    ]);
  });

  test("an undated consent that stands already is not written again", async () => {
    for (const _ of [1, 2, 3]) await logsIn(true);
    expect(await database.selectFrom("consents").select("id").execute()).toHaveLength(1);
  });

  test("a consent of a clock that is ahead is of now", async () => {
    await logsIn(true, "2026-11-20T14:00:00Z");
    expect(await allows()).toEqual({ state: "granted", occurred_at: now });
  });

  test("records consents said in their own shape, and none otherwise", async () => {
    await batch(
      { type: "identify", userId: "c-1", traits: { newsletter: true } },
      {
        type: "identify",
        userId: "c-2",
        traits: { consent: { email: { offers: true }, sms: false } },
        context: { ip: "192.0.2.7", page: { url: "https://shop.example/join" } },
      },
    );
    expect(
      await database
        .selectFrom("consents")
        .select(["channel", "topic", "state", "method", "source", "ip"])
        .orderBy("channel")
        .execute(),
    ).toEqual([
      {
        channel: "email",
        topic: "offers",
        state: "granted",
        method: "api",
        source: "https://shop.example/join",
        ip: "192.0.2.7",
      },
      {
        channel: "sms",
        topic: "*",
        state: "withdrawn",
        method: "api",
        source: "https://shop.example/join",
        ip: "192.0.2.7",
      },
    ]);
  });

  test("in any order by many at once makes each customer once", async () => {
    const messages = Array.from({ length: 50 }, (_, n) => ({
      type: "identify",
      userId: `c-${n}`,
      anonymousId: `a-${n}`,
      traits: { email: `c${n}@example.com` },
    }));
    await Promise.all([
      batch(...messages),
      batch(...messages.toReversed()),
      batch(...messages),
      batch(...messages.toReversed()),
    ]);
    expect(await customers()).toHaveLength(50);
  });
});

describe("a completed order", () => {
  const order = {
    order_id: "o-1",
    total: 12.5,
    currency: "EUR",
    coupon: "X",
    items: [{ product_id: "s-1", name: "Cup", quantity: 2, price: 6.25 }],
    status: "processing",
  };

  test("is an order with its lines and products before the event is queued", async () => {
    await hear("order_completed");
    expect(
      await track(
        database,
        { userId: "c-1", event: "order_completed", properties: order },
        settings,
      ),
    ).toMatchObject({ accepted: 1, heard: true });
    expect(
      await database
        .selectFrom("orders")
        .select(["external_id", "status", "total", "currency", "ordered_at", "attributes"])
        .execute(),
    ).toEqual([
      {
        external_id: "o-1",
        status: "completed",
        total: "12.5000",
        currency: "EUR",
        ordered_at: now,
        attributes: { coupon: "X" },
      },
    ]);
    expect(
      await database.selectFrom("order_lines").select(["line", "quantity", "unit_price"]).execute(),
    ).toEqual([{ line: 1, quantity: "2.0000", unit_price: "6.2500" }]);
    expect(await database.selectFrom("products").select("name").execute()).toEqual([
      { name: "Cup" },
    ]);
  });

  test("told twice under two message ids is one order", async () => {
    await batch(
      { type: "track", userId: "c-1", event: "Order Completed", messageId: "1", properties: order },
      { type: "track", userId: "c-1", event: "order_completed", messageId: "2", properties: order },
    );
    expect(await database.selectFrom("order_lines").select("line").execute()).toHaveLength(1);
    expect(await events()).toHaveLength(2);
  });

  test("without a number is an event and no more", async () => {
    expect(
      await batch({
        type: "track",
        userId: "c-1",
        event: "order_completed",
        properties: { total: 5 },
      }),
    ).toMatchObject({ accepted: 1 });
    expect(await database.selectFrom("orders").select("id").execute()).toEqual([]);
  });
});

describe("an anonymous visitor", () => {
  const visits = (anonymousId: string) => ({ type: "track", anonymousId, event: "page_viewed" });

  test("is one customer however often they come", async () => {
    await batch(visits("a-1"), visits("a-1"), visits("a-2"));
    await batch(visits("a-1"));
    expect(await customers()).toHaveLength(2);
    expect(await events()).toHaveLength(4);
  });

  test("becomes the customer they say they are, with all they did", async () => {
    await batch(visits("a-1"), { type: "identify", anonymousId: "a-1", traits: { city: "Leeds" } });
    await batch({
      type: "identify",
      anonymousId: "a-1",
      userId: "c-1",
      traits: { email: "ann@example.com" },
    });
    expect(await customers()).toMatchObject([
      { external_id: "c-1", city: "Leeds", email: "ann@example.com" },
    ]);
    await batch(visits("a-1"));
    expect((await events()).map(({ who }) => who)).toEqual(["c-1", "c-1"]);
  });

  test("is absorbed by a customer who is known already, whose own fields win", async () => {
    await batch(
      { type: "identify", userId: "c-1", traits: { city: "York", tier: "gold" } },
      visits("a-1"),
      {
        type: "identify",
        anonymousId: "a-1",
        traits: { city: "Leeds", locale: "de", tier: "none" },
      },
    );
    await batch({ type: "identify", anonymousId: "a-1", userId: "c-1" });
    expect(await customers()).toMatchObject([
      { external_id: "c-1", city: "York", locale: "de", attributes: { tier: "gold" } },
    ]);
    expect((await events()).map(({ who }) => who)).toEqual(["c-1"]);
  });

  test("and customer named in one batch are one from the start", async () => {
    await batch(
      visits("a-1"),
      { type: "track", userId: "c-1", anonymousId: "a-1", event: "signed_up" },
      visits("a-1"),
    );
    expect(await customers()).toMatchObject([{ external_id: "c-1" }]);
    expect((await events()).map(({ who }) => who)).toEqual(["c-1", "c-1", "c-1"]);
  });

  test("on a shared device is whoever was named last, and nobody is absorbed", async () => {
    await batch({ type: "identify", anonymousId: "a-1", userId: "c-1" });
    await batch({ type: "identify", anonymousId: "a-1", userId: "c-2" });
    await batch(visits("a-1"));
    expect(await customers()).toHaveLength(2);
    expect((await events()).map(({ who }) => who)).toEqual(["c-2"]);
  });
});
