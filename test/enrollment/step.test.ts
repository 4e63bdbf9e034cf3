import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const greeting = (steps: string) => `
journey: greeting
start: { on: signed_up, again: always }
steps:
${steps}`;

async function signedUp(steps: string, columns: Parameters<typeof aCustomer>[1] = {}) {
  await shop.apply(greeting(steps));
  const ada = await aCustomer(shop.database, columns);
  await shop.happens(ada, "signed_up", { plan: "gold" });
  await shop.live();
  return ada;
}

test("a journey of one message plans it and is completed", async () => {
  const ada = await signedUp("  - { send: hello, by: email }");
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
});

test("a wait holds a customer back until it is over, and not a second longer", async () => {
  const ada = await signedUp("  - wait: 90 minutes\n  - { send: hello, by: email }");
  await shop.travel("5399 seconds");
  expect(await shop.messagesTo(ada)).toEqual([]);
  expect(await shop.whereabouts(ada)).toEqual(["waiting at hello"]);
  await shop.travel("1 second");
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
});

test("days of waiting keep the customer's time of day when clocks change", async () => {
  shop.now = new Date("2026-03-28T09:00:00Z");
  await signedUp("  - wait: 1 day\n  - { send: hello, by: email }", { zone: "Europe/London" });
  const { due_at } = await shop.database
    .selectFrom("enrollments")
    .select("due_at")
    .executeTakeFirstOrThrow();
  expect(due_at).toEqual(new Date("2026-03-29T08:00:00Z"));
});

test("a wait until ten in the morning is ten where the customer lives, or the shop's ten", async () => {
  shop.zone = "Europe/Berlin";
  await shop.apply(
    greeting(
      '  - wait: { until: "10:00", days: 1, zone: customer }\n  - { send: hello, by: email }',
    ),
  );
  const people = [];
  for (const zone of ["America/New_York", "Asia/Kolkata", null]) {
    const person = await aCustomer(shop.database, { zone });
    await shop.happens(person, "signed_up");
    people.push(person);
  }
  await shop.live();
  const rows = await shop.database
    .selectFrom("enrollments")
    .select("due_at")
    .orderBy("customer_id")
    .execute();
  expect(rows.map((row) => row.due_at?.toISOString())).toEqual([
    "2026-01-13T15:00:00.000Z",
    "2026-01-13T04:30:00.000Z",
    "2026-01-13T09:00:00.000Z",
  ]);
});

test("a condition sends each customer down one branch, the unknown down else", async () => {
  await shop.apply(
    greeting(`
  - if: { customer.country: GB }
    then: [{ send: british, by: email }]
    else: [{ send: foreign, by: email }]
  - { send: everyone, by: email }`),
  );
  const [brit, german, nobody] = [
    await aCustomer(shop.database, { country: "GB" }),
    await aCustomer(shop.database, { country: "DE" }),
    await aCustomer(shop.database),
  ];
  for (const one of [brit, german, nobody]) await shop.happens(one, "signed_up");
  await shop.live();
  expect(await shop.messagesTo(brit)).toEqual(["email british", "email everyone"]);
  expect(await shop.messagesTo(german)).toEqual(["email foreign", "email everyone"]);
  expect(await shop.messagesTo(nobody)).toEqual(["email foreign", "email everyone"]);
});

test("conditions of steps know the entry event and the messages of this very passage", async () => {
  const ada = await signedUp(`
  - { send: hello, by: email }
  - if: { all: [{ entry.plan: gold }, { not: { message: { step: hello, was: clicked } } }] }
    then: [{ send: again, by: sms }]`);
  expect(await shop.messagesTo(ada)).toEqual(["email hello", "sms again"]);
});

test("exit ends the passage with its reason, and what stands behind it is not executed", async () => {
  const ada = await signedUp(`
  - if: { entry.plan: gold }
    then: [{ exit: has enough }]
  - { send: hello, by: email }`);
  expect(await shop.whereabouts(ada)).toEqual(["exited: has enough"]);
  expect(await shop.messagesTo(ada)).toEqual([]);
});

const awaiting = `
  - await: { event: order_completed, where: { total: { gte: 50 } }, within: 2 days }
    then: [{ send: thanks, by: email }]
    else: [{ send: reminder, by: email }]`;

test("an awaited event wakes the customer at once", async () => {
  const ada = await signedUp(awaiting);
  await shop.travel("1 day");
  await shop.happens(ada, "order_completed", { total: 50 });
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email thanks"]);
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
});

test("an event that does not match, or another's, wakes nobody, and the time-out comes on time", async () => {
  const ada = await signedUp(awaiting);
  const bob = await aCustomer(shop.database);
  await shop.happens(ada, "order_completed", { total: 49.99 });
  await shop.happens(bob, "order_completed", { total: 500 });
  await shop.travel("47 hours");
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.travel("1 hour");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});

test("what happened after the time was up is too late, though nobody had moved the customer yet", async () => {
  const ada = await signedUp(awaiting);
  shop.now = new Date(shop.now.getTime() + 49 * 3_600_000);
  await shop.happens(ada, "order_completed", { total: 80 });
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});
