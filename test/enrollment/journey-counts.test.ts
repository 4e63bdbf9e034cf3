import { expect, test } from "vitest";
import { enrollmentsOf } from "../../src/enrollment/enrollments-of.ts";
import { journeyCounts, readJourneyFigures } from "../../src/enrollment/journey-counts.ts";
import { pauseJourney } from "../../src/enrollment/journey-state.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = `
journey: hello
objective: { goal: paid }
start: { on: signed_up }
stop: [{ on: left, as: gone }]
steps:
  - { send: hello, by: email }
  - wait: 1 day
  - if: { customer.country: GB }
    then: [{ send: british, by: email }]
    else: [{ exit: foreign }]`;

test("counts tell where everybody is, went and ended, and what it earned", async () => {
  await shop.apply(journey);
  const people = [];
  for (const country of ["GB", "GB", "DE", "GB"])
    people.push(await aCustomer(shop.database, { country }));
  const [ada = "", , , late = ""] = people;
  for (const person of people.slice(0, 3)) await shop.happens(person, "signed_up");
  await shop.live();
  await shop.happens(ada, "paid", { total: 99.5 });
  await shop.happens(ada, "left");
  await shop.travel("1 day");
  await shop.happens(late, "signed_up");
  await shop.live();

  const [counts] = await journeyCounts(shop.database);
  expect(counts).toMatchObject({
    name: "hello",
    state: "active",
    version: 1,
    entered: 4,
    inside: 1,
    held: 0,
    completed: 1,
    exited: { gone: 1, foreign: 1 },
    converted: 1,
    value: 99.5,
    messages: { planned: 4, suppressed: 1 },
  });
  const [hello, wait, branch, british] = counts?.steps ?? [];
  expect(hello).toMatchObject({ kind: "send", at: 0, passed: 4, messages: { planned: 3 } });
  expect(wait).toMatchObject({ kind: "wait", at: 1, passed: 2 });
  expect(branch).toMatchObject({ kind: "if", at: 0, passed: 2 });
  expect(Object.values(branch?.to ?? {})).toEqual([1, 1]);
  expect(british).toMatchObject({ id: "british", passed: 1, to: { "": 1 } });
});

test("what customers earned in several states adds up to the penny", async () => {
  await shop.apply(journey);
  const people = [];
  for (let nth = 0; nth < 3; nth += 1)
    people.push(await aCustomer(shop.database, { country: "GB" }));
  for (const person of people) await shop.happens(person, "signed_up");
  await shop.live();
  for (const person of people) await shop.happens(person, "paid", { total: 0.1 });
  const [ada = "", grace = ""] = people;
  await shop.happens(ada, "left");
  await shop.travel("1 hour");
  await shop.database
    .updateTable("enrollments")
    .set({ state: "held", reason: "a fault", due_at: null })
    .where("customer_id", "=", grace)
    .execute();
  expect((await journeyCounts(shop.database))[0]).toMatchObject({ converted: 3, value: 0.3 });
});

test("a journey nobody has entered counts nothing", async () => {
  await shop.apply(journey);
  const [counts] = await journeyCounts(shop.database);
  expect(counts).toMatchObject({ entered: 0, exited: {}, value: 0, messages: {} });
  expect(counts?.steps.map((step) => step.passed)).toEqual([0, 0, 0, 0, 0]);
});

test("a customer's passages are told newest first", async () => {
  await shop.apply(journey, journey.replace("hello", "other").replace("signed_up", "paid"));
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up");
  await shop.travel("2 hours");
  await shop.happens(ada, "paid");
  await shop.live();
  const passages = await enrollmentsOf(shop.database, ada);
  expect(passages.map(({ journey: name, state }) => [name, state])).toEqual([
    ["other", "waiting"],
    ["hello", "waiting"],
  ]);
});

test("who waits is at the wait until it is over, each at their own", async () => {
  await shop.apply(`
journey: hello
start: { on: signed_up }
steps:
  - if: { customer.country: GB }
    then: [{ wait: 1 day }]
    else: [{ wait: 2 days }]
  - { send: hello, by: email }`);
  const places = async () =>
    (await journeyCounts(shop.database))[0]?.steps.map((one) => [one.id, one.at, one.passed]);
  for (const country of ["GB", "DE", "FR"])
    await shop.happens(await aCustomer(shop.database, { country }), "signed_up");
  await shop.live();
  expect(await places()).toEqual([
    ["if-customer-country", 0, 3],
    ["wait-1-day", 1, 0],
    ["wait-2-days", 2, 0],
    ["hello", 0, 0],
  ]);
  await shop.travel("1 day");
  await shop.live();
  expect(await places()).toEqual([
    ["if-customer-country", 0, 3],
    ["wait-1-day", 0, 1],
    ["wait-2-days", 2, 0],
    ["hello", 0, 1],
  ]);
});

test("a passage that was stopped while it waited was last at the wait", async () => {
  await shop.apply(journey);
  const ada = await aCustomer(shop.database, { country: "GB" });
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.happens(ada, "left");
  await shop.live();
  expect(await enrollmentsOf(shop.database, ada)).toMatchObject([
    { state: "exited", step: "wait-1-day" },
  ]);
});

test("who drains at a step that is gone from the version in force is counted there", async () => {
  await shop.apply(journey);
  await shop.happens(await aCustomer(shop.database, { country: "GB" }), "signed_up");
  await shop.live();
  await shop.apply(journey.replace("- wait: 1 day", "- wait: 3 days"));
  await shop.happens(await aCustomer(shop.database, { country: "GB" }), "signed_up");
  await shop.live();
  const [counts] = await journeyCounts(shop.database);
  expect(counts).toMatchObject({ version: 2, inside: 2 });
  expect(counts?.steps.find(({ id }) => id === "wait-3-days")?.at).toBe(1);
  expect(counts?.atGoneSteps).toEqual([{ id: "wait-1-day", at: 1, held: 0 }]);
});

test("a journey is shown as it is now beside figures of a moment ago", async () => {
  await shop.apply(journey);
  const before = await readJourneyFigures(shop.database);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await shop.live();
  await pauseJourney(shop.database, "hello", monday);
  const [counts] = await journeyCounts(shop.database, before);
  expect(counts).toMatchObject({ state: "paused", entered: 0 });
});
