import { expect, test } from "vitest";
import { Places } from "../../src/plan/cap-estimate.ts";
import { later, monday } from "../support/people.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCustomer } from "../support/people.ts";
import { config, files, planOf } from "./planning.ts";

const days = (count: number) => ({ months: 0, days: count, seconds: 0 });
const threeAWeek = [{ channel: null, topic: null, cap: { count: 3, within: days(7) } }];
const dayMs = 86_400_000;

/** The days on which those of a cohort get a message, and how much of one. */
const goes = (places: Places, at: Date, on: number, cohort = { at, customers: 10 }, each = 1) =>
  places
    .take({ cohort, pattern: 0, channel: "email", at: monday.getTime() + on * dayMs, each })
    .map((part) => [(part.at - monday.getTime()) / dayMs, part.each]);

test("the messages of one passage take each other's places, those of other customers do not", () => {
  const places = new Places(threeAWeek, { people: null, againMs: 0 }, dayMs);
  const first = { at: monday, customers: 10 };
  for (const day of [0, 1, 2]) expect(goes(places, monday, day, first)).toEqual([[day, 1]]);
  expect(goes(places, monday, 2, { at: later(monday, { days: 2 }), customers: 10 })).toEqual([
    [2, 1],
  ]);
  expect(goes(places, monday, 4, first)).toEqual([]);
});

test("what has a place again in time is put off until then", () => {
  const places = new Places(threeAWeek, { people: null, againMs: 0 }, dayMs);
  const all = { at: monday, customers: 10 };
  for (const day of [0, 1, 2]) goes(places, monday, day, all);
  expect(goes(places, monday, 6, all)).toEqual([[7, 1]]);
});

test("a step that half of them come to takes half a place", () => {
  const places = new Places(
    [{ channel: "email", topic: null, cap: { count: 1, within: days(7) } }],
    { people: null, againMs: 0 },
    0,
  );
  const all = { at: monday, customers: 10 };
  expect(goes(places, monday, 0, all, 0.5)).toEqual([[0, 0.5]]);
  expect(goes(places, monday, 1, all)).toEqual([[1, 0.5]]);
});

const shop = await aShop();

test("a new journey that sends daily is held to the cap for each customer and week", async () => {
  for (let nth = 0; nth < 4; nth++) await aCustomer(shop.database);
  const daily = files([
    'journey: daily\nstart: { every: "0 7 * * *", again: always }\nsteps: [{ send: thank-you, by: email }]',
  ]);
  const { cap } = threeAWeek[0] ?? {};
  const changed = { caps: [{ channel: "email", cap: cap ?? { count: 3, within: days(7) } }] };
  const free = await planOf(shop, daily);
  expect(free.messages?.channels[0]?.messages).toBe(120);
  const capped = await planOf(shop, daily, { changed: { ...config, ...changed, zone: "UTC" } });
  // Three in each of four weeks, and those of the days that are left.
  expect(capped.messages?.channels[0]?.messages).toBeGreaterThanOrEqual(4 * 12);
  expect(capped.messages?.channels[0]?.messages).toBeLessThanOrEqual(4 * 15);
  const lost = capped.messages?.lost["cap"] ?? 0;
  expect(lost + (capped.messages?.channels[0]?.messages ?? 0)).toBe(120);
});
