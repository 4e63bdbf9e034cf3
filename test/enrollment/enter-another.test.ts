import { expect, test } from "vitest";
import { advance } from "../../src/enrollment/advance.ts";
import { pauseJourney, resumeJourney } from "../../src/enrollment/journey-state.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const first = `
journey: first
start: { on: order_completed, again: always }
steps:
  - enter: second
  - send: thanks
    by: email`;

const second = (start = "{ on: never_happens }", rest = "") => `
journey: second
start: ${start}
${rest}
steps:
  - if: { entry.total: { gte: 100 } }
    then: [{ send: big, by: email }]
    else: [{ send: small, by: email }]`;

const buys = async (id: string, total: number) => {
  await shop.happens(id, "order_completed", { total });
  await shop.live();
};

test("the customer goes on here and begins there, with the same entry", async () => {
  await shop.apply(first, second());
  const ada = await aCustomer(shop.database);
  await buys(ada, 150);
  expect(await shop.messagesTo(ada)).toEqual(["email thanks", "email big"]);
  expect(await shop.whereabouts(ada)).toEqual(["completed", "completed"]);
});

test("how often a customer comes in is the other journey's own rule", async () => {
  await shop.apply(first, second("{ on: never_happens, again: never }"));
  const ada = await aCustomer(shop.database);
  await buys(ada, 10);
  await buys(ada, 20);
  expect(await shop.messagesTo(ada)).toEqual(["email thanks", "email small", "email thanks"]);

  await shop.apply(first, second("{ on: never_happens, again: after 30 days }"));
  const bob = await aCustomer(shop.database);
  for (let time = 0; time < 2; time += 1) await buys(bob, 10);
  await shop.travel("31 days");
  await buys(bob, 10);
  expect((await shop.messagesTo(bob)).filter((one) => one === "email small")).toHaveLength(2);
});

test("two passages of one batch enter twice where that is allowed, and once where it is not", async () => {
  for (const [again, times] of [
    ["always", 2],
    ["never", 1],
  ] as const) {
    await shop.apply(first, second(`{ on: never_happens, again: ${again} }`));
    const ada = await aCustomer(shop.database);
    for (let time = 0; time < 2; time += 1)
      await shop.happens(ada, "order_completed", { total: 1 });
    await shop.live();
    expect((await shop.messagesTo(ada)).filter((one) => one === "email small")).toHaveLength(times);
  }
});

const morning = `
journey: morning
start: { on: order_completed, again: always }
steps:
  - wait: { until: "10:00" }
  - enter: second`;

const oneDayOn = () => new Date(shop.now.getTime() + 86_400_000);

test("two passages that come to another journey at once let the customer in once, where again is after a time", async () => {
  await shop.apply(morning, second("{ on: never_happens, again: after 30 days }"));
  const ada = await aCustomer(shop.database);
  for (const total of [10, 20]) await buys(ada, total);
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email small"]);
});

test("workers beside one another let each customer in once, where again is after a time", async () => {
  await shop.apply(morning, second("{ on: never_happens, again: after 30 days }"));
  const people: string[] = [];
  for (let count = 0; count < 20; count += 1) people.push(await aCustomer(shop.database));
  for (const total of [10, 20])
    for (const one of people) await shop.happens(one, "order_completed", { total });
  await shop.live();
  shop.now = oneDayOn();
  const few = { ...shop.turn, limit: 10 };
  await Promise.all(Array.from({ length: 4 }, () => advance(shop.database, few)));
  await shop.live();
  for (const one of people) expect(await shop.messagesTo(one)).toEqual(["email small"]);
});

test("an event and another journey that let a customer in at the same time are one entry", async () => {
  await shop.apply(morning, second("{ on: order_completed, again: after 30 days }"));
  const ada = await aCustomer(shop.database);
  await pauseJourney(shop.database, "second", shop.now);
  await buys(ada, 10);
  await resumeJourney(shop.database, "second", shop.now);
  await shop.happens(ada, "order_completed", { total: 20 });
  shop.now = oneDayOn();
  await Promise.all([shop.react(), advance(shop.database, shop.turn)]);
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email small"]);
});

test("the other journey's condition and holdout keep their say; its start may be of any kind", async () => {
  await shop.apply(first, second("{ request: true, if: { customer.country: GB }, again: never }"));
  const briton = await aCustomer(shop.database, { country: "GB" });
  const stranger = await aCustomer(shop.database, { country: "FR" });
  for (let time = 0; time < 2; time += 1) {
    await shop.happens(briton, "order_completed", { total: 1 });
    await shop.happens(stranger, "order_completed", { total: 1 });
    await shop.live();
  }
  expect(await shop.messagesTo(briton)).toEqual(["email thanks", "email small", "email thanks"]);
  expect(await shop.messagesTo(stranger)).toEqual(["email thanks", "email thanks"]);
});

test("a journey that is paused, archived or not there lets nobody in and holds up nobody", async () => {
  await shop.apply(first, second());
  await pauseJourney(shop.database, "second", shop.now);
  const ada = await aCustomer(shop.database);
  await buys(ada, 1);
  await shop.apply(first);
  await buys(ada, 1);
  await shop.apply(first.replace("enter: second", "enter: elsewhere"));
  await buys(ada, 1);
  expect(await shop.messagesTo(ada)).toEqual(Array(3).fill("email thanks"));
});
