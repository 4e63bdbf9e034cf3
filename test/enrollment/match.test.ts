import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const delivery = `
journey: delivery
start: { on: order_completed, again: always }
stop:
  - { on: order_cancelled, match: { order_id: entry.order_id }, as: cancelled }
steps:
  - await: { event: order_shipped, match: { order_id: entry.order_id }, within: 3 days }
    then: [{ send: on-its-way, by: email }]
    else: [{ send: sorry, by: email }]`;

test("each passage waits for the event about its own order", async () => {
  await shop.apply(delivery);
  const ada = await aCustomer(shop.database);
  for (const order_id of ["A-1", "A-2"]) await shop.happens(ada, "order_completed", { order_id });
  await shop.live();
  await shop.happens(ada, "order_shipped", { order_id: "A-2" });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at await-order_shipped", "completed"]);
  await shop.travel("3 days");
  expect(await shop.messagesTo(ada)).toEqual(["email on-its-way", "email sorry"]);
});

test("a stop ends the passage about that order and no other", async () => {
  await shop.apply(delivery);
  const ada = await aCustomer(shop.database);
  for (const order_id of ["A-1", "A-2"]) await shop.happens(ada, "order_completed", { order_id });
  await shop.live();
  await shop.happens(ada, "order_cancelled", { order_id: "A-1" });
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual([
    "exited: cancelled",
    "waiting at await-order_shipped",
  ]);
});

test("an id matches as a number and as a text; what is not there matches nothing", async () => {
  await shop.apply(delivery);
  const outcomes: string[] = [];
  for (const [ordered, shipped] of [
    [7, 7],
    [7, "7"],
    ["7", 7],
    [7, 7.0],
    ["007", "7"],
    [undefined, undefined],
    [null, null],
    [7, undefined],
    ["a", "b"],
  ]) {
    const one = await aCustomer(shop.database);
    await shop.happens(one, "order_completed", { order_id: ordered });
    await shop.live();
    await shop.happens(one, "order_shipped", { order_id: shipped });
    await shop.live();
    outcomes.push((await shop.messagesTo(one)).length > 0 ? "same" : "other");
  }
  expect(outcomes).toEqual(["same", "same", "same", "same", ...Array<string>(5).fill("other")]);
});

test("a property may match the customer's own record", async () => {
  await shop.apply(`
journey: referral
start: { on: signed_up }
steps:
  - await: { event: friend_joined, match: { code: customer.attributes.code }, within: 3 days }
    then: [{ send: thanks, by: email }]`);
  const ada = await aCustomer(shop.database, { attributes: '{"code": "ADA"}' });
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.happens(ada, "friend_joined", { code: "BOB" });
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.happens(ada, "friend_joined", { code: "ADA" });
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email thanks"]);
});
