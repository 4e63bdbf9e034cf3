import { expect, test } from "vitest";
import { convertByConditions } from "../../src/enrollment/convert-by-condition.ts";
import { rollbackJourney } from "../../src/enrollment/rollback.ts";
import { describeGoal } from "../../src/journey/describe-journey.ts";
import { aCustomer } from "../support/people.ts";
import { aShop, written } from "./shop.ts";

const shop = await aShop();

const journey = (further = "", stop = "") => `
journey: gold
objective: { goal: { customer.attributes.tier: gold }, within: 10 days${further} }
start: { on: signed_up }
${stop}
steps: [{ send: hello, by: email }, { wait: 3 days }, { send: reminder, by: email }, { wait: 3 days }, { send: letter, by: email }]`;

async function inside(tier = "tin") {
  const ada = await aCustomer(shop.database, { attributes: JSON.stringify({ tier }) });
  await shop.happens(ada, "signed_up");
  await shop.live();
  return ada;
}

function rise(customer: string, tier = "gold") {
  return shop.database
    .updateTable("customers")
    .set({ attributes: JSON.stringify({ tier }) })
    .where("id", "=", customer)
    .execute();
}

const judge = () => convertByConditions(shop.database, shop.now);

async function convertedAt(customer: string) {
  const { converted_at } = await shop.database
    .selectFrom("enrollments")
    .select("converted_at")
    .where("customer_id", "=", customer)
    .executeTakeFirstOrThrow();
  return converted_at;
}

test("a goal that is a condition is reached when it becomes true, wherever the customer waits, and once", async () => {
  await shop.apply(journey());
  const ada = await inside();
  expect(await judge()).toBe(0);
  await shop.travel("1 day");
  await rise(ada);
  expect(await convertedAt(ada)).toBeNull();
  expect(await judge()).toBe(1);
  const first = shop.now;
  expect(await convertedAt(ada)).toEqual(first);
  await shop.travel("1 day");
  await rise(ada, "tin");
  await rise(ada);
  expect(await judge()).toBe(0);
  expect(await convertedAt(ada)).toEqual(first);
});

test("it is asked before each step too, and a stop by the same condition does not hide it", async () => {
  await shop.apply(
    journey("", "stop: [{ if: { customer.attributes.tier: gold }, as: converted }]"),
  );
  const ada = await inside();
  await rise(ada);
  await shop.travel("3 days");
  expect(await shop.whereabouts(ada)).toEqual(["exited: converted"]);
  expect(await convertedAt(ada)).toEqual(shop.now);
});

test("what held on entering already is no conversion, not even when it holds anew", async () => {
  await shop.apply(journey());
  const ada = await inside("gold");
  expect(await judge()).toBe(0);
  await rise(ada, "tin");
  await shop.travel("3 days");
  await rise(ada);
  expect(await judge()).toBe(0);
});

test("the holdout is judged like all others, and so is who is through", async () => {
  await shop.apply(journey(", holdout: 100%"));
  const bob = await inside();
  expect(await shop.whereabouts(bob)).toEqual(["exited: holdout"]);
  await shop.apply(journey());
  const ada = await inside();
  await shop.travel("8 days");
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
  await rise(ada);
  await rise(bob);
  expect(await judge()).toBe(2);
});

const moving = (goal: string) => `
journey: gold
objective: { goal: ${goal}, within: 10 days }
start: { on: signed_up }
migrate: all
steps: [{ send: hello, by: email }, { wait: 3 days }, { send: reminder, by: email }]`;

const gold = "{ customer.attributes.tier: gold }";

test.each(["paid", "{ customer.attributes.tier: tin }"])(
  "who is moved from the goal %s to another reaches it from then on, and has not where it holds already",
  async (before) => {
    await shop.apply(moving(before).replace("migrate: all", ""));
    const [ada, bob] = [await inside(), await inside()];
    await rise(bob);
    await shop.apply(moving(gold));
    expect(await judge()).toBe(0);
    await rise(ada);
    expect(await judge()).toBe(1);
    expect(await convertedAt(ada)).toEqual(shop.now);
    expect(await convertedAt(bob)).toBeNull();
  },
);

test("who is moved with the goal they had goes on with what is known of it, and a rollback puts back what was known of another", async () => {
  await shop.apply(moving(gold).replace("migrate: all", ""));
  const [ada, bob] = [await inside("gold"), await inside()];
  await rise(bob);
  await shop.apply(moving(gold).replace("3 days", "4 days"));
  expect(await judge()).toBe(1);
  expect(await convertedAt(ada)).toBeNull();
  await shop.apply(moving("{ customer.attributes.tier: tin }"));
  await rollbackJourney(shop.database, "gold", { now: shop.now });
  expect(await judge()).toBe(0);
  await rise(ada, "tin");
  await shop.apply(moving("{ customer.attributes.tier: tin }"));
  expect(await judge()).toBe(0);
});

test.each([
  ["10 days", 1],
  ["10 days 1 second", 0],
])("the goal counts within its window: after %s %i", async (later, count) => {
  await shop.apply(journey());
  const ada = await inside();
  const [days, second] = later.split(" days");
  await shop.travel(`${days} days`);
  if (second !== "") await shop.travel("1 second");
  await rise(ada);
  expect(await judge()).toBe(count);
});

test("a goal may be about the journey's own steps: a click, or a voucher that was redeemed, in this passage", async () => {
  const clicked = "{ message: { step: hello, was: clicked } }";
  const redeemed = "{ voucher: { step: welcome, was: redeemed } }";
  await shop.apply(`
journey: gift
objective: { goal: { any: [${clicked}, ${redeemed}] }, within: 10 days }
start: { on: signed_up, again: always }
steps: [{ voucher: welcome, else: [] }, { send: hello, by: email }, { wait: 3 days }, { exit: done }]`);
  const ada = await inside();
  expect(await judge()).toBe(0);
  const reached = () =>
    shop.database.updateTable("messages").set({ clicked_at: shop.now }).where("step", "=", "hello");
  await reached().execute();
  expect(await judge()).toBe(1);
  await shop.travel("4 days");
  await shop.happens(ada, "signed_up");
  await shop.live();
  expect(await judge()).toBe(0);
  await reached().execute();
  expect(await judge()).toBe(1);
});

test("a goal may ask what the customer came with, and is told in words", async () => {
  const goal =
    "{ all: [{ entry.plan: trial }, { event: paid, within: 30 days }] }, within: 30 days";
  const text = `
journey: trial
objective: { goal: ${goal} }
start: { on: signed_up }
steps: [{ send: hello, by: email }]`;
  await shop.apply(text);
  expect(describeGoal(written(text).journey)).toBe(
    "entry.plan is trial and paid count at least 1 within 30 days within 30 days",
  );
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up", { plan: "trial" });
  await shop.happens(bob, "signed_up", { plan: "full" });
  await shop.live();
  for (const one of [ada, bob]) await shop.happens(one, "paid");
  await shop.live();
  expect(await judge()).toBe(1);
  expect(await convertedAt(bob)).toBeNull();
});
