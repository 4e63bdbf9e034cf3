import { beforeEach, expect, test } from "vitest";
import { deliver } from "../../src/message/deliver.ts";
import { Places, placesOf } from "../../src/message/places.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aCarrier, aComposer, aDelivery, aJourney, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const hourly = { channel: "email", rate: { count: 10, seconds: 3600 }, beginWithinMs: 0 };
const never = new AbortController().signal;

test("a call keeps its place for a period, and what was taken for nothing is free at once", async () => {
  const places = new Places(database, { ...hourly, beginWithinMs: 30_000 });
  const taken = await places.take(8);
  expect(taken.count).toBe(8);
  expect(await places.take(8)).toMatchObject({ count: 2 });
  await places.keep(taken, 3);
  const { count, nextInMs } = await places.free();
  expect(count).toBe(5);
  expect(nextInMs).toBeGreaterThan(3_590_000);
  expect(nextInMs).toBeLessThan(3_604_000);
});

test("a call that begins in the moment that its place was counted for takes no second one", async () => {
  const places = new Places(database, hourly);
  await places.keep(await places.take(8), 3);
  expect(await places.free()).toMatchObject({ count: 7 });
});

test("what was given back is not waited for", async () => {
  const soon = new Places(database, hourly);
  await soon.keep(await soon.take(10), 0);
  const late = new Places(database, { ...hourly, beginWithinMs: 30_000 });
  await late.take(10);
  expect((await soon.free()).nextInMs).toBeGreaterThan(3_620_000);
});

test("who wants a place waits for it, but not for long", async () => {
  const brief = new Places(database, { ...hourly, rate: { count: 1, seconds: 1 } });
  await brief.take(1);
  expect(await brief.await(never)).toBe(1);
  const hour = new Places(database, { ...hourly, channel: "sms" });
  await hour.take(10);
  expect(await hour.await(never)).toBe(0);
});

test("many who take places at the same time get no more than there are", async () => {
  const places = new Places(database, hourly);
  const taken = await Promise.all(Array.from({ length: 8 }, () => places.take(2)));
  expect(taken.filter(({ count }) => count === 2)).toHaveLength(5);
  expect(taken.filter(({ count }) => count === 0)).toHaveLength(3);
});

test("a batch that finds fewer places than messages calls for as many and leaves the rest to others", async () => {
  const { carrier, handed } = aCarrier();
  const delivery = aDelivery(carrier, { rate: hourly.rate });
  const places = placesOf(database, delivery)!;
  await places.take(7);
  const journey = await aJourney(database);
  for (let i = 0; i < 5; i++) await plan(database, [await aCustomer(database)], { journey });
  const batch = { limit: 10, now: () => monday, stopping: never, places };
  expect(await deliver(database, aComposer(), delivery, batch)).toMatchObject({ accepted: 3 });
  expect(handed).toHaveLength(3);
  const states = (await ledger(database)).map(({ state }) => state);
  expect(states.toSorted()).toEqual(["accepted", "accepted", "accepted", "planned", "planned"]);
  expect(await database.selectFrom("claims").execute()).toEqual([]);
});

test("journeys take turns on the places that a batch finds, however long one of them is due", async () => {
  const { carrier } = aCarrier();
  const delivery = aDelivery(carrier, { rate: hourly.rate });
  const places = placesOf(database, delivery)!;
  await places.take(4);
  const journeys = [await aJourney(database), await aJourney(database)];
  for (const [hours, journey] of journeys.entries())
    for (let i = 0; i < 8; i++)
      await plan(database, [await aCustomer(database)], { journey, at: later(monday, { hours }) });
  const now = () => later(monday, { hours: 1 });
  const batch = { limit: 16, now, stopping: never, places };
  expect(await deliver(database, aComposer(), delivery, batch)).toMatchObject({ accepted: 6 });
  const sent = (await ledger(database)).filter(({ state }) => state === "accepted");
  for (const journey of journeys)
    expect(sent.filter((row) => row.journey_id === journey)).toHaveLength(3);
});
