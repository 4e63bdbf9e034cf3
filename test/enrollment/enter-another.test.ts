import { expect, test } from "vitest";
import { pauseJourney } from "../../src/enrollment/journey-state.ts";
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
