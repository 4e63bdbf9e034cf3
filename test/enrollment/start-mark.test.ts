import { expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import { listDue } from "../../src/enrollment/list-due.ts";
import { rollbackJourney } from "../../src/enrollment/rollback.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (start: string, wait = "1 day") => `
journey: hello
start: { ${start} }
steps: [{ wait: ${wait} }, { send: hello, by: email }]`;

const mondays = 'every: "0 9 * * 1"';
const tuesdays = 'every: "0 9 * * 2"';

const everybody = {
  name: "everybody",
  describe: null,
  file: "workflows/segments/everybody.yaml",
  condition: { kind: "all", of: [] },
} as const;

/** Who enters now, however the start is come by. */
async function entering(): Promise<number> {
  const { starts } = await listDue(shop.database, shop.now);
  return starts.length === 0 ? 0 : shop.open("hello");
}

async function segment(customers = 1) {
  for (let i = 0; i < customers; i++) await aCustomer(shop.database);
  await saveSegments(shop.database, [everybody], shop.now);
  await refreshSegments(shop.database, shop.now);
}

test("a schedule that is moved to a day already gone waits for the next one", async () => {
  await aCustomer(shop.database);
  await shop.apply(journey(mondays));
  await shop.travel("3 days");
  await shop.apply(journey(tuesdays));
  expect(await entering()).toBe(0);
  await shop.travel("5 days");
  expect(await entering()).toBe(1);
});

test("another zone alone does not let the occurrence of today in once more", async () => {
  await aCustomer(shop.database);
  await shop.apply(journey(`${mondays}, zone: Europe/Berlin`));
  shop.now = new Date(shop.now.getTime() + 7 * 86_400_000);
  expect(await entering()).toBe(1);
  await shop.apply(journey(`${mondays}, zone: Europe/London`));
  expect(await entering()).toBe(0);
});

test("a start that becomes a schedule waits for its first occurrence", async () => {
  await aCustomer(shop.database);
  await shop.apply(journey("on: signed_up"));
  await shop.travel("3 days");
  await shop.apply(journey(tuesdays));
  expect(await entering()).toBe(0);
});

test("a start that becomes a segment leaves alone who came in before, unless it is to be filled", async () => {
  await shop.apply(journey("on: signed_up"));
  await shop.travel("1 day");
  await segment(2);
  await shop.travel("1 day");
  await shop.apply(journey("segment: everybody"));
  expect(await entering()).toBe(0);
  await shop.apply(journey("segment: everybody, backfill: true"));
  expect(await entering()).toBe(2);
  expect(await entering()).toBe(0);
});

test("whoever the start has to let in still comes in when only the steps or its conditions change", async () => {
  await aCustomer(shop.database);
  await shop.apply(journey(mondays));
  shop.now = new Date(shop.now.getTime() + 7 * 86_400_000);
  await shop.apply(journey(`${mondays}, if: { customer.country: GB }`, "2 days"));
  await shop.apply(journey(mondays, "2 days"));
  expect(await entering()).toBe(1);
});

test("going back to a start lets in nobody whom it missed", async () => {
  await segment();
  await shop.apply(journey("segment: everybody, backfill: true"));
  await shop.apply(journey(tuesdays));
  await shop.travel("3 days");
  await rollbackJourney(shop.database, "hello", { now: shop.now });
  expect(await entering()).toBe(0);
});

test("a journey that comes back is filled only if that is asked for anew", async () => {
  await segment();
  await shop.apply(journey("segment: everybody"));
  await shop.apply();
  await shop.travel("1 day");
  await shop.apply(journey("segment: everybody"));
  expect(await entering()).toBe(0);
  await shop.apply();
  await shop.apply(journey("segment: everybody, backfill: true"));
  expect(await entering()).toBe(1);
});
