import { beforeEach, expect, test } from "vitest";
import type { Row } from "../../src/database/tables.ts";
import {
  preferencesOf,
  type PreferenceWish,
  savePreferences,
} from "../../src/tracking/preferences.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, agree, later, monday } from "../support/people.ts";
import {
  aMessage,
  aPlannedMessage,
  consentsOf,
  messageNow,
  tokenIn,
  tokens,
  urls,
} from "./sent.ts";

const database = await aDatabase();
const offer = { channels: ["email", "sms"], topics: { offers: "Offers and news", tips: "Tips" } };
let customer: string;
let message: Row<"messages">;
let token: string;
const soon = later(monday, { minutes: 10 });

beforeEach(async () => {
  await freshTables(database);
  customer = await aCustomer(database, { consent: false });
  message = await aMessage(database, customer);
  token = tokenIn(urls.preferences(message.delivery_id));
});

/** What the page shows as ticked. */
async function ticks(now = later(soon, { minutes: 1 })) {
  const page = await preferencesOf(database, tokens, token, offer, now);
  return page?.preferences
    .filter(({ granted }) => granted)
    .map((one) => `${one.channel} ${one.topic}`);
}

const save = (wanted: PreferenceWish["wanted"], now = soon) =>
  savePreferences(database, tokens, offer, { token, wanted, ip: "192.0.2.1", now });

test("the page shows each topic on each channel that can reach the customer, with its title", async () => {
  await database.updateTable("customers").set({ phone: null }).execute();
  expect(await preferencesOf(database, tokens, token, offer, soon)).toEqual({
    preferences: [
      { channel: "email", topic: "offers", title: "Offers and news", granted: false },
      { channel: "email", topic: "tips", title: "Tips", granted: false },
    ],
  });
});

test("a consent for everything ticks everything, and one that has ended ticks nothing", async () => {
  await agree(database, customer, { at: monday });
  expect(await ticks()).toEqual(["email offers", "email tips", "sms offers", "sms tips"]);
  const ended = { channel: "*", topic: "*", state: "granted", method: "import" } as const;
  await database
    .insertInto("consents")
    .values({ ...ended, customer_id: customer, occurred_at: soon, expires_at: soon })
    .execute();
  expect(await ticks()).toEqual([]);
});

test("what was ticked is granted, what was unticked is withdrawn, and only changes are written", async () => {
  await agree(database, customer, { channel: "email", at: monday });
  const wanted = [
    { channel: "email", topic: "tips" },
    { channel: "sms", topic: "offers" },
  ];
  expect(await save(wanted)).toEqual({ changed: 2 });
  expect(await ticks()).toEqual(["email tips", "sms offers"]);
  expect((await consentsOf(database, customer)).slice(1)).toEqual([
    { channel: "email", topic: "offers", state: "withdrawn", method: "preferences" },
    { channel: "sms", topic: "offers", state: "granted", method: "preferences" },
  ]);
  expect(await save(wanted, later(soon, { minutes: 5 }))).toEqual({ changed: 0 });
});

test("unticking a topic suppresses what is planned about it", async () => {
  await agree(database, customer, { at: monday });
  const offers = await aPlannedMessage(database, customer);
  const tips = await aPlannedMessage(database, customer, { topic: "tips" });
  await save([{ channel: "email", topic: "tips" }]);
  expect((await messageNow(database, offers.id)).state).toBe("suppressed");
  expect((await messageNow(database, tips.id)).state).toBe("planned");
});

test("wanting nothing leaves everything, also what is offered later, and can be taken back", async () => {
  await agree(database, customer, { at: monday });
  expect(await save("nothing")).toEqual({ changed: 1 });
  expect(await save("nothing")).toEqual({ changed: 0 });
  expect((await consentsOf(database, customer)).at(-1)).toMatchObject({ channel: "*", topic: "*" });
  expect(await ticks()).toEqual([]);
  await save([{ channel: "email", topic: "tips" }], later(soon, { minutes: 1 }));
  expect(await ticks(later(soon, { minutes: 2 }))).toEqual(["email tips"]);
});

test("a tick for something that is not offered is not written", async () => {
  const wanted = [
    { channel: "pigeon", topic: "offers" },
    { channel: "email", topic: "*" },
    { channel: "*", topic: "*" },
  ];
  expect(await save(wanted)).toEqual({ changed: 0 });
});

test("looking at the page changes nothing, however often", async () => {
  await agree(database, customer, { at: monday });
  const before = await messageNow(database, message.id);
  for (let visit = 0; visit < 5; visit++) await ticks();
  expect(await messageNow(database, message.id)).toEqual(before);
  expect(await consentsOf(database, customer)).toHaveLength(1);
});

test("the token of another page shows and saves nothing", async () => {
  token = tokens.write("unsubscribe", message.delivery_id);
  expect(await ticks()).toBeUndefined();
  expect(await save("nothing")).toBeUndefined();
});
