import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const visit = (first: string) => `
journey: visit
start: { on: invited }
steps:
${first}
  - await: { event: visited, within: 3 days }
    then: [{ send: welcome, by: email }]
    else: [{ send: we-missed-you, by: email }]`;

const later = (by: number) => new Date(shop.now.getTime() + by);

test("a visit reported late ends the wait that had begun when it happened, and no other", async () => {
  await shop.apply(visit("  - wait: 1 day"));
  const outcomes: (readonly string[])[] = [];
  for (const milliseconds of [-1, 0, 1]) {
    const one = await aCustomer(shop.database);
    await shop.happens(one, "invited");
    await shop.travel("1 day");
    const visited = later(milliseconds);
    await shop.travel("2 hours");
    await shop.happens(one, "visited", {}, visited);
    await shop.live();
    outcomes.push(await shop.messagesTo(one));
  }
  expect(outcomes).toEqual([[], ["email welcome"], ["email welcome"]]);
});

test("a wait at the head of a journey begins with the entry, whenever a worker gets to it", async () => {
  await shop.apply(visit(""));
  const outcomes: (readonly string[])[] = [];
  for (const milliseconds of [-1, 0, 1]) {
    const one = await aCustomer(shop.database);
    const invited = shop.now;
    await shop.happens(one, "invited");
    await shop.react();
    shop.now = later(60_000);
    await shop.live();
    await shop.happens(one, "visited", {}, new Date(invited.getTime() + milliseconds));
    await shop.live();
    outcomes.push(await shop.messagesTo(one));
  }
  expect(outcomes).toEqual([[], ["email welcome"], ["email welcome"]]);
});

test("a wait begins when its turn came, though the workers were away", async () => {
  await shop.apply(visit("  - wait: 1 day"));
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "invited");
  await shop.live();
  const turn = later(24 * 3_600_000);
  shop.now = later(25 * 3_600_000);
  await shop.live();
  await shop.happens(ada, "visited", {}, turn);
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email welcome"]);
});
