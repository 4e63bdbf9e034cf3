import { expect, test } from "vitest";
import { pauseJourney } from "../../src/enrollment/journey-state.ts";
import { stopBeforeSending, stopByConditions } from "../../src/enrollment/stop-condition.ts";
import { aCustomer } from "../support/people.ts";
import { refuseNothing, refuseRows } from "./refuse.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const basket = (again = "always") => `
journey: basket
objective: { goal: order_completed, within: 3 days }
start: { on: basket_updated, where: { total: { gt: 0 } }, again: ${again} }
stop: [{ on: order_completed, as: converted }]
steps:
  - wait: 1 hour
  - { send: rescue, by: email }
  - wait: 1 day
  - { send: last-call, by: sms }`;

test("an order stops the basket's journey wherever it waits", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.travel("2 hours");
  await shop.happens(ada, "order_completed", { total: 20 });
  await shop.travel("2 days");
  expect(await shop.messagesTo(ada)).toEqual(["email rescue (suppressed)"]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
});

test("a basket and its order in one batch leave nobody inside", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.happens(ada, "order_completed", { total: 20 });
  await shop.travel("2 days");
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
  expect(await shop.messagesTo(ada)).toEqual([]);
});

test("an order and then a new basket in one batch leave the customer inside", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.happens(ada, "order_completed", { total: 20 });
  await shop.happens(ada, "basket_updated", { total: 7 });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted", "waiting at rescue"]);
});

test("an order before any basket stops nothing that begins later", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed", { total: 20 });
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at rescue"]);
});

test("an order reported late stops the passages that had begun when it happened, and no other", async () => {
  await shop.apply(basket());
  const begins = shop.now;
  const people: Record<string, string> = {};
  for (const [name, milliseconds] of [
    ["a moment before", -1],
    ["at the instant", 0],
    ["after", 60_000],
  ] as const) {
    const person = await aCustomer(shop.database);
    people[name] = person;
    shop.now = begins;
    await shop.happens(person, "basket_updated", { total: 20 });
    await shop.live();
    await shop.travel("30 minutes");
    const ordered = new Date(begins.getTime() + milliseconds);
    await shop.happens(person, "order_completed", { total: 20 }, ordered);
    await shop.live();
  }
  const now = async (name: string) => shop.whereabouts(people[name] ?? "");
  expect(await now("a moment before")).toEqual(["waiting at rescue"]);
  expect(await now("at the instant")).toEqual(["exited: converted"]);
  expect(await now("after")).toEqual(["exited: converted"]);
});

test("the last message of a passage that is through is not taken back for an order from before it", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  const before = new Date(shop.now.getTime() - 1);
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.travel("2 days");
  await shop.happens(ada, "order_completed", { total: 20 }, before);
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email rescue", "sms last-call"]);
});

test("another customer's order stops nobody", async () => {
  await shop.apply(basket());
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.happens(bob, "order_completed", { total: 20 });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at rescue"]);
});

test("the event that starts a journey neither stops nor converts its own passage, the next one does both", async () => {
  await shop.apply(`
journey: first-purchase
objective: { goal: order_completed, within: 60 days }
start: { on: order_completed }
stop: [{ on: order_completed, as: converted }]
steps: [{ wait: 3 days }, { send: come-back, by: email }]`);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed", { total: 30 });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at come-back"]);
  await shop.travel("1 day");
  await shop.happens(ada, "order_completed", { total: 12.5 });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
  const row = await shop.database.selectFrom("enrollments").selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ conversion_value: "12.5000", converted_at: shop.now });
});

test("a message planned but not yet sent is taken back, one being sent is not", async () => {
  await shop.apply(basket());
  const people = [];
  for (const state of ["planned", "retry", "sending", "accepted"] as const) {
    const person = await aCustomer(shop.database);
    await shop.happens(person, "basket_updated", { total: 20 });
    people.push({ person, state });
  }
  await shop.travel("1 hour");
  for (const { person, state } of people) {
    await shop.database
      .updateTable("messages")
      .set({ state })
      .where("customer_id", "=", person)
      .execute();
    await shop.happens(person, "order_completed");
  }
  await shop.live();
  const rows = await shop.database
    .selectFrom("messages")
    .select("state")
    .orderBy("customer_id")
    .execute();
  expect(rows.map((row) => row.state)).toEqual(["suppressed", "suppressed", "sending", "accepted"]);
});

test("the last message of a passage that is through is taken back as well, while it lies waiting", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.travel("2 days");
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual([
    "email rescue (suppressed)",
    "sms last-call (suppressed)",
  ]);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
});

test("a stop that comes while the journey is paused counts", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.live();
  await pauseJourney(shop.database, "basket", shop.now);
  await shop.happens(ada, "order_completed");
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
});

const moving = `
journey: moving
start: { on: signed_up }
stop: [{ if: { customer.country: FR }, as: moved to France }]
steps: [{ send: hello, by: email }, { wait: 1 day }, { send: again, by: email }]`;

test("a stop condition is asked before each step", async () => {
  await shop.apply(moving);
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.database.updateTable("customers").set({ country: "FR" }).execute();
  await shop.travel("1 day");
  expect(await shop.whereabouts(ada)).toEqual(["exited: moved to France"]);
  expect(await shop.messagesTo(ada)).toEqual(["email hello (suppressed)"]);
});

test("the sweep of stop conditions need not wait for the next step", async () => {
  await shop.apply(moving);
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  for (const one of [ada, bob]) await shop.happens(one, "signed_up");
  await shop.live();
  await shop.database
    .updateTable("customers")
    .set({ country: "FR" })
    .where("id", "=", ada)
    .execute();
  expect(await stopByConditions(shop.database, shop.now)).toBe(1);
  expect(await shop.whereabouts(ada)).toEqual(["exited: moved to France"]);
  expect(await shop.whereabouts(bob)).toEqual(["waiting at again"]);
});

test("a stop condition that fails is no other journey's loss, and is told", async () => {
  await shop.apply(moving, moving.replace("journey: moving", "journey: travelling"));
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  for (const one of [ada, bob]) await shop.happens(one, "signed_up");
  await shop.live();
  for (const one of [ada, bob]) await movesToFrance(one);
  const first = await shop.database
    .selectFrom("journeys")
    .select("id")
    .where("name", "=", "moving")
    .executeTakeFirstOrThrow();
  await refuseRows(shop.database, `new.journey_id = ${first.id}`);
  await expect(stopByConditions(shop.database, shop.now)).rejects.toThrow("is refused");
  await refuseNothing(shop.database);
  const left = await shop.whereabouts(ada);
  expect(left.toSorted()).toEqual(["exited: moved to France", "waiting at again"]);
});

async function movesToFrance(customer: string): Promise<void> {
  await shop.database
    .updateTable("customers")
    .set({ country: "FR" })
    .where("id", "=", customer)
    .execute();
}

async function messageIds(): Promise<readonly string[]> {
  const rows = await shop.database.selectFrom("messages").select("id").orderBy("id").execute();
  return rows.map(({ id }) => id);
}

test("the sweep takes back the last message of those who are through, and leaves them so", async () => {
  await shop.apply(moving);
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  for (const one of [ada, bob]) await shop.happens(one, "signed_up");
  await shop.travel("1 day");
  await movesToFrance(ada);
  expect(await stopByConditions(shop.database, shop.now)).toBe(0);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
  expect(await shop.messagesTo(ada)).toEqual([
    "email hello (suppressed)",
    "email again (suppressed)",
  ]);
  expect(await shop.messagesTo(bob)).toEqual(["email hello", "email again"]);
});

test("a stop condition is asked before a message leaves, of those inside and of those who are through", async () => {
  await shop.apply(moving);
  const people: string[] = [];
  for (let count = 0; count < 4; count += 1) people.push(await aCustomer(shop.database));
  const [ada = "", bob = "", cid = "", dan = ""] = people;
  for (const one of [ada, bob]) await shop.happens(one, "signed_up");
  await shop.travel("1 day");
  for (const one of [cid, dan]) await shop.happens(one, "signed_up");
  await shop.live();
  for (const one of [ada, cid]) await movesToFrance(one);
  const gone = await stopBeforeSending(shop.database, await messageIds(), shop.now);
  expect(gone.size).toBe(3);
  expect(await Promise.all(people.map((one) => shop.whereabouts(one)))).toEqual([
    ["completed"],
    ["completed"],
    ["exited: moved to France"],
    ["waiting at again"],
  ]);
  const stopped = (await Promise.all([ada, cid].map((one) => shop.messagesTo(one)))).flat();
  expect(stopped.every((one) => one.endsWith("(suppressed)"))).toBe(true);
  const going = (await Promise.all([bob, dan].map((one) => shop.messagesTo(one)))).flat();
  expect(going).toEqual(["email hello", "email again", "email hello"]);
});

test("messages of journeys without stop conditions are not asked about", async () => {
  await shop.apply(basket());
  const ada = await aCustomer(shop.database, { country: "FR" });
  await shop.happens(ada, "basket_updated", { total: 20 });
  await shop.travel("2 hours");
  expect((await stopBeforeSending(shop.database, await messageIds(), shop.now)).size).toBe(0);
});
