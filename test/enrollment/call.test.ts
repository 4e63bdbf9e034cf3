import { afterAll, expect, test } from "vitest";
import { createWebhookCaller } from "../../src/channel/webhook.ts";
import { claimCalls, recoverCalls } from "../../src/enrollment/call-ledger.ts";
import { makeCalls } from "../../src/enrollment/make-calls.ts";
import { aCustomer } from "../support/people.ts";
import { aService } from "../support/service.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();
const service = await aService();
const key = Buffer.from("a key of at least twenty-four bytes");
const caller = createWebhookCaller({ allow: ["127.0.0.1"], key, fill: (text) => text });
afterAll(() => caller.close());

const journey = (more = "") => `
journey: credit
start: { on: order_completed, again: always }
stop: [{ on: order_cancelled, as: cancelled }]
steps:
  - id: check
    call: ${service.url}/credit
    body: { order: entry.order_id, who: customer.first_name, channel: shop, tries: 3 }
    within: 1 hour
    then:
      - if: { call.check.tier: gold }
        then: [{ send: gold, by: email }]
        else: [{ send: silver, by: email }]
    else: [{ send: sorry, by: email }]
${more}`;

async function ordered() {
  await shop.apply(journey());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed", { order_id: "A-1" });
  await shop.live();
  return ada;
}

/** What a worker does with the calls that are due; backoff is always half of what it may be. */
const ring = async () => {
  const stopping = new AbortController().signal;
  const made = await makeCalls(shop.database, caller, {
    now: () => shop.now,
    stopping,
    random: () => 0.5,
  });
  await shop.live();
  return made;
};

const calls = () => shop.database.selectFrom("calls").selectAll().orderBy("id").execute();

test("a GET asks by its query, in which no value can lead elsewhere", async () => {
  service.answers(() => ({ body: '{"tier":"gold"}' }));
  await shop.apply(
    journey()
      .replace("/credit", "/credit?v=1")
      .replace("body:", "method: GET\n    query:")
      .replace("tries: 3", "gone: entry.nothing, items: entry.items"),
  );
  const ada = await aCustomer(shop.database);
  const order_id = "../../admin?x=1&who=eve#@evil.example/";
  await shop.happens(ada, "order_completed", { order_id, items: [1, "a b"] });
  await shop.live();
  expect(await ring()).toBe(1);
  const [{ method, path, body } = { path: "" }] = service.received;
  expect({ method, body }).toEqual({ method: "GET", body: "" });
  const asked = new URL(path, service.url);
  expect(asked.pathname).toBe("/credit");
  expect([...asked.searchParams]).toEqual(
    expect.arrayContaining([
      ["v", "1"],
      ["order", order_id],
      ["who", "Ada"],
      ["channel", "shop"],
      ["items", '[1,"a b"]'],
    ]),
  );
  expect([...asked.searchParams]).toHaveLength(5);
  expect(await shop.messagesTo(ada)).toEqual(["email gold"]);
});

test("a GET whose address would be longer than servers take fails", async () => {
  service.answers(() => ({}));
  await shop.apply(journey().replace("body:", "method: GET\n    query:"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed", { order_id: "x".repeat(9000) });
  await shop.live();
  await ring();
  expect(service.received).toEqual([]);
  expect(await calls()).toMatchObject([
    { state: "failed", reason: expect.stringMatching(/^expected an address of at most 8000/) },
  ]);
});

test("the service is told what the step says, and its answer decides the way", async () => {
  service.answers(() => ({ body: '{"tier":"gold"}' }));
  const ada = await ordered();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at check"]);
  expect(await ring()).toBe(1);
  expect(JSON.parse(service.received[0]?.body ?? "")).toEqual({
    order: "A-1",
    who: "Ada",
    channel: "shop",
    tries: 3,
  });
  expect(await shop.messagesTo(ada)).toEqual(["email gold"]);
  expect(await calls()).toMatchObject([
    { state: "answered", status: 200, answer: { tier: "gold" } },
  ]);
});

test("a service that is down for a while is tried again, with the same id and the same words", async () => {
  let tries = 0;
  service.answers(() => ((tries += 1) < 3 ? { status: 503 } : { body: "{}" }));
  const ada = await ordered();
  for (let minute = 0; minute < 10 && (await shop.messagesTo(ada)).length === 0; minute++) {
    await ring();
    await shop.travel("1 minute");
  }
  expect(await shop.messagesTo(ada)).toEqual(["email silver"]);
  expect(service.received).toHaveLength(3);
  expect(new Set(service.received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(new Set(service.received.map(({ body }) => body)).size).toBe(1);
});

test("one that stays down fails when its time is up, and never later", async () => {
  service.answers(() => ({ status: 500 }));
  const ada = await ordered();
  const end = new Date(shop.now.getTime() + 3_600_000);
  while (shop.now < end) {
    await ring();
    await shop.travel("1 minute");
  }
  expect(await shop.messagesTo(ada)).toEqual(["email sorry"]);
  expect(await calls()).toMatchObject([{ state: "failed", reason: "answered 500", status: 500 }]);
  expect(await ring()).toBe(0);
});

test("nobody waits longer than the step says, whether or not the call was made", async () => {
  const ada = await ordered();
  await shop.travel("59 minutes");
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.travel("1 minute");
  expect(await shop.messagesTo(ada)).toEqual(["email sorry"]);
  expect(await calls()).toMatchObject([{ state: "failed", reason: "no answer in time" }]);
});

test("what says no is taken at its word, and its answer is kept", async () => {
  service.answers(() => ({ status: 422, body: '{"why":"no such order"}' }));
  const ada = await ordered();
  await ring();
  expect(await shop.messagesTo(ada)).toEqual(["email sorry"]);
  expect(await calls()).toMatchObject([
    { state: "failed", reason: "answered 422", answer: { why: "no such order" } },
  ]);
});

test("a customer who is stopped is not called about", async () => {
  service.answers(() => ({}));
  const ada = await ordered();
  await shop.happens(ada, "order_cancelled");
  await shop.live();
  expect(await ring()).toBe(0);
  expect(await calls()).toMatchObject([{ state: "withdrawn" }]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: cancelled"]);
});

test("a call that a dead worker held is made by another, and who comes back late writes nothing", async () => {
  service.answers(() => ({ body: '{"tier":"gold"}' }));
  const ada = await ordered();
  const [held] = await claimCalls(shop.database, { now: shop.now, limit: 10, leaseSeconds: -1 });
  expect(await recoverCalls(shop.database, shop.now)).toBe(true);
  await ring();
  expect(service.received[0]?.headers["webhook-id"]).toBe(held?.callId);
  expect((await calls())[0]?.fence).not.toBe(held?.fence);
  expect(await shop.messagesTo(ada)).toEqual(["email gold"]);
});

test("two hundred customers are called about by two workers, each once", async () => {
  service.answers(() => ({ body: "{}" }));
  await shop.apply(journey());
  const people: string[] = [];
  for (let i = 0; i < 200; i++) {
    const one = await aCustomer(shop.database);
    await shop.happens(one, "order_completed", { order_id: `A-${i}` });
    people.push(one);
  }
  await shop.live();
  const made = await Promise.all([ring(), ring()]);
  expect(made[0] + made[1]).toBe(200);
  expect(new Set(service.received.map(({ headers }) => headers["webhook-id"])).size).toBe(200);
  for (const one of people) expect(await shop.messagesTo(one)).toEqual(["email silver"]);
});

test("a journey that is paused calls nobody", async () => {
  service.answers(() => ({}));
  await ordered();
  await shop.database.updateTable("journeys").set({ state: "paused" }).execute();
  expect(await recoverCalls(shop.database, shop.now)).toBe(false);
  expect(await ring()).toBe(0);
});
