import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const reminders = `
journey: reminders
start: { on: invited, again: always }
steps:
  - repeat: { times: 3, until: { event: accepted } }
    steps:
      - send: reminder
        by: email
      - wait: 2 days
  - send: last-word
    by: email`;

test("the rounds have a message each, and after the last one the journey goes on", async () => {
  await shop.apply(reminders);
  const person = await aCustomer(shop.database);
  await shop.happens(person, "invited");
  await shop.live();
  expect(await shop.messagesTo(person)).toEqual(["email reminder"]);
  await shop.travel("2 days");
  expect(await shop.messagesTo(person)).toEqual(["email reminder", "email reminder"]);
  await shop.travel("10 days");
  expect(await shop.messagesTo(person)).toEqual([
    "email reminder",
    "email reminder",
    "email reminder",
    "email last-word",
  ]);
  expect(await shop.whereabouts(person)).toEqual(["completed"]);
  const rows = await shop.database
    .selectFrom("messages")
    .select(["template", "occurrence"])
    .orderBy("id")
    .execute();
  expect(rows.map((row) => row.occurrence)).toEqual([0, 1, 2, 0]);
});

test("`until` is asked before every round, the first too", async () => {
  await shop.apply(reminders);
  const quick = await aCustomer(shop.database);
  const early = await aCustomer(shop.database);
  await shop.happens(early, "accepted");
  for (const one of [quick, early]) await shop.happens(one, "invited");
  await shop.travel("1 day");
  await shop.happens(quick, "accepted");
  await shop.travel("10 days");
  expect(await shop.messagesTo(quick)).toEqual(["email reminder", "email last-word"]);
  expect(await shop.messagesTo(early)).toEqual(["email last-word"]);
});

test("a second passage begins its rounds anew", async () => {
  await shop.apply(reminders);
  const person = await aCustomer(shop.database);
  for (let time = 0; time < 2; time += 1) {
    await shop.happens(person, "invited");
    await shop.travel("10 days");
  }
  expect((await shop.messagesTo(person)).filter((one) => one === "email reminder")).toHaveLength(6);
});

test("a repeat in a repeat begins anew in every round around it, and no message is lost or doubled", async () => {
  await shop.apply(`
journey: nested
start: { on: invited }
steps:
  - repeat: { times: 2 }
    steps:
      - send: outer
        by: email
      - repeat: { times: 3 }
        id: three-times
        steps:
          - send: inner
            by: email
          - wait: 1 day
      - send: between
        by: email
      - wait: 1 week`);
  const person = await aCustomer(shop.database);
  await shop.happens(person, "invited");
  await shop.travel("60 days");
  const round = ["outer", "inner", "inner", "inner", "between"].map((one) => `email ${one}`);
  expect(await shop.messagesTo(person)).toEqual([...round, ...round]);
  expect(await shop.whereabouts(person)).toEqual(["completed"]);
});

test("a stop ends a customer in the middle of a round, an exit in the body ends the rounds", async () => {
  await shop.apply(
    reminders.replace("again: always }", "again: always }\nstop: [{ on: left_us, as: gone }]"),
    `
journey: knocks
start: { on: invited }
steps:
  - repeat: { times: 5 }
    steps:
      - send: knock
        by: email
      - wait: 1 day
      - if: { event: opened_door }
        then: [{ exit: at home }]`,
  );
  const person = await aCustomer(shop.database);
  await shop.happens(person, "invited");
  await shop.travel("1 day");
  await shop.happens(person, "opened_door");
  await shop.travel("2 days");
  await shop.happens(person, "left_us");
  await shop.travel("20 days");
  expect(await shop.whereabouts(person)).toEqual(["exited: gone", "exited: at home"]);
  const knocks = (await shop.messagesTo(person)).filter((one) => one.startsWith("email knock"));
  expect(knocks).toEqual(["email knock", "email knock"]);
});

test("customers of one batch go through their rounds together", async () => {
  await shop.apply(reminders);
  const people = await Promise.all(Array.from({ length: 40 }, () => aCustomer(shop.database)));
  for (const person of people) await shop.happens(person, "invited");
  await shop.travel("10 days");
  const { rounds } = await shop.database
    .selectFrom("messages")
    .select(({ fn }) => fn.countAll<string>().as("rounds"))
    .where("template", "=", "reminder")
    .executeTakeFirstOrThrow();
  expect(Number(rounds)).toBe(120);
});
