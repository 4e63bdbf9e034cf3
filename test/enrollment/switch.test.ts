import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const plans = `
journey: plans
start: { on: signed_up }
steps:
  - switch:
      gold: { customer.attributes.plan: gold }
      near: { customer.country: GB }
    gold: [{ send: gold, by: email }]
    near: [{ send: near, by: email }]
    else: [{ send: far, by: email }]
  - send: welcome
    by: email`;

test("each takes the first arm that holds, the rest takes else, and all meet again after it", async () => {
  await shop.apply(plans);
  const goldBriton = await aCustomer(shop.database, {
    country: "GB",
    attributes: '{"plan":"gold"}',
  });
  const briton = await aCustomer(shop.database, { country: "GB" });
  const stranger = await aCustomer(shop.database, { country: null });
  for (const one of [goldBriton, briton, stranger]) await shop.happens(one, "signed_up");
  await shop.live();
  expect(await shop.messagesTo(goldBriton)).toEqual(["email gold", "email welcome"]);
  expect(await shop.messagesTo(briton)).toEqual(["email near", "email welcome"]);
  expect(await shop.messagesTo(stranger)).toEqual(["email far", "email welcome"]);
});

test("without else, whom no arm is for goes on after it; an arm may ask for the entry", async () => {
  await shop.apply(`
journey: sizes
start: { on: order_completed, again: always }
steps:
  - switch:
      big: { entry.total: { gte: 100 } }
      small: { entry.total: { gte: 10 } }
    big: [{ send: big, by: email }, { exit: spoken to }]
    small: [{ send: small, by: email }]
  - send: thanks
    by: email`);
  const person = await aCustomer(shop.database);
  for (const total of [150, 20, 3]) {
    await shop.happens(person, "order_completed", { total });
    await shop.live();
  }
  expect(await shop.messagesTo(person)).toEqual([
    "email big",
    "email small",
    "email thanks",
    "email thanks",
  ]);
  expect(await shop.whereabouts(person)).toEqual(["exited: spoken to", "completed", "completed"]);
});
