import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import { absorb } from "../../src/customer/absorb.ts";
import type { Row } from "../../src/database/tables.ts";
import { savePreferences } from "../../src/tracking/preferences.ts";
import { type LeavingScope, unsubscribe } from "../../src/tracking/unsubscribe.ts";
import { listUnsubscribeHeaders } from "../../src/tracking/urls.ts";
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
let customer: string;
let message: Row<"messages">;
const soon = later(monday, { minutes: 10 });

beforeEach(async () => {
  await freshTables(database);
  customer = await aCustomer(database);
  message = await aMessage(database, customer);
});

function leave(scope?: LeavingScope, now = soon) {
  const token = tokenIn(urls.unsubscribe(message.delivery_id));
  const wish = { token, method: "one_click", ip: "2001:db8::7", now } as const;
  return unsubscribe(database, tokens, scope === undefined ? wish : { ...wish, scope });
}

const stateOf = async ({ id }: Row<"messages">) => (await messageNow(database, id)).state;

test("one click leaves the topic of the message on its channel, with proof", async () => {
  expect(await leave()).toEqual({ channel: "email", topic: "offers", already: false });
  const [, withdrawn] = await database.selectFrom("consents").selectAll().orderBy("id").execute();
  expect(withdrawn).toMatchObject({
    customer_id: customer,
    channel: "email",
    topic: "offers",
    state: "withdrawn",
    method: "one_click",
    source: `message ${message.delivery_id}`,
    ip: "2001:db8::7",
    occurred_at: soon,
  });
  expect((await messageNow(database, message.id)).unsubscribed_at).toEqual(soon);
});

test("what is planned is suppressed at once; another topic, channel or customer is not touched", async () => {
  const planned = await aPlannedMessage(database, customer);
  const retried = await aPlannedMessage(database, customer, { state: "retry", attempts: 1 });
  const others = [
    await aPlannedMessage(database, customer, { topic: "service" }),
    await aPlannedMessage(database, customer, { channel: "sms" }),
    await aPlannedMessage(database, customer, { class: "transactional", topic: null }),
    await aPlannedMessage(database, await aCustomer(database)),
  ];
  await leave();
  for (const { id } of [planned, retried])
    expect(await messageNow(database, id)).toMatchObject({
      state: "suppressed",
      reason: "unsubscribed",
    });
  for (const other of others) expect(await stateOf(other)).toBe("planned");
});

test.each([
  ["channel", { channel: "email", topic: "*" }, ["suppressed", "planned"]],
  ["everything", { channel: "*", topic: "*" }, ["suppressed", "suppressed"]],
] as const)("leaving the %s goes further", async (scope, left, states) => {
  const service = await aPlannedMessage(database, customer, { topic: "service" });
  const text = await aPlannedMessage(database, customer, { channel: "sms" });
  const receipt = await aPlannedMessage(database, customer, { class: "transactional" });
  expect(await leave(scope)).toEqual({ ...left, already: false });
  expect([await stateOf(service), await stateOf(text)]).toEqual(states);
  expect(await stateOf(receipt)).toBe("planned");
});

test("leaving again, even ten times at once, is written once", async () => {
  await Promise.all(Array.from({ length: 10 }, () => leave()));
  expect(await leave(undefined, later(soon, { days: 3 }))).toMatchObject({ already: true });
  expect(await consentsOf(database, customer)).toHaveLength(2);
  expect((await messageNow(database, message.id)).unsubscribed_at).toEqual(soon);
});

test("a customer who came back can leave again", async () => {
  await leave();
  await agree(database, customer, { at: later(soon, { days: 1 }) });
  expect(await leave(undefined, later(soon, { days: 2 }))).toMatchObject({ already: false });
  const granted = await database
    .selectNoFrom((eb) =>
      eb
        .selectFrom("current_consents")
        .select("state")
        .orderBy("occurred_at", "desc")
        .limit(1)
        .as("state"),
    )
    .executeTakeFirstOrThrow();
  expect(granted.state).toBe("withdrawn");
});

test("a message about no topic is left with its whole channel", async () => {
  message = await aMessage(database, customer, { class: "transactional", topic: null });
  expect(await leave()).toEqual({ channel: "email", topic: "*", already: false });
});

test("a token that is not for leaving changes nothing", async () => {
  const { delivery_id } = message;
  const nobody = tokens.write("unsubscribe", "00000000-0000-0000-0000-000000000000");
  for (const token of [tokens.write("preferences", delivery_id), nobody, delivery_id, ""])
    expect(
      await unsubscribe(database, tokens, { token, method: "one_click", now: soon }),
    ).toBeUndefined();
  expect(await consentsOf(database, customer)).toHaveLength(1);
});

test("an address that is none does not stop anybody from leaving", async () => {
  const token = tokenIn(urls.unsubscribe(message.delivery_id));
  const wish = { token, method: "one_click", ip: "unknown, 10.0.0.1", now: soon } as const;
  expect(await unsubscribe(database, tokens, wish)).toMatchObject({ already: false });
});

test("a message names one HTTPS address to leave by, and that one POST does", () => {
  const headers = listUnsubscribeHeaders(urls, message.delivery_id);
  expect(headers).toEqual({
    "List-Unsubscribe": `<${urls.unsubscribe(message.delivery_id)}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  });
  expect(headers["List-Unsubscribe"]).toMatch(/^<https:\/\/[^<>,]+>$/);
});

test("a grant dated ahead by a fast clock does not outlast the withdrawal, nor that a later wish to come back", async () => {
  await agree(database, customer, {
    channel: "email",
    topic: "offers",
    at: later(soon, { hours: 2 }),
  });
  const planned = await aPlannedMessage(database, customer);
  expect(await leave()).toMatchObject({ already: false });
  expect(await stateOf(planned)).toBe("suppressed");
  expect(await consentNow()).toBe(false);
  const offer = { channels: ["email"], topics: { offers: "Offers" } };
  const token = tokenIn(urls.preferences(message.delivery_id));
  const wanted = [{ channel: "email", topic: "offers" }];
  const now = later(soon, { minutes: 5 });
  expect(await savePreferences(database, tokens, offer, { token, wanted, now })).toEqual({
    changed: 1,
  });
  expect(await consentNow()).toBe(true);
});

test("a message that a worker has read as welcome and not yet opened is taken from it", async () => {
  const held = await aPlannedMessage(database, customer);
  await leave();
  expect(await messageNow(database, held.id)).toMatchObject({ state: "suppressed" });
});

test("a worker that opens a batch at this very moment is not waited for", async () => {
  const held = await aPlannedMessage(database, customer);
  await database.transaction().execute(async (transaction) => {
    await transaction
      .selectFrom("messages")
      .select("id")
      .where("id", "=", held.id)
      .forUpdate()
      .execute();
    expect(await leave()).toMatchObject({ already: false });
  });
  expect(await stateOf(held)).toBe("planned");
});

test("a click in the mail of a customer who was merged into another is that one's", async () => {
  const heir = await aCustomer(database);
  const entry = {
    entry_key: "once",
    state: "waiting" as const,
    step: "hello",
    entered_at: monday,
    moved_at: monday,
  };
  const { journey_id, version_id } = message;
  await database
    .insertInto("enrollments")
    .values({ ...entry, journey_id, version_id, customer_id: heir })
    .execute();
  await absorb(database, [{ from: customer, into: heir }], monday);
  const last = await aCustomer(database);
  await database
    .insertInto("enrollments")
    .values({ ...entry, journey_id, version_id, customer_id: last })
    .execute();
  await absorb(database, [{ from: heir, into: last }], monday);
  await leave("everything");
  expect(await consentNow(last)).toBe(false);
});

async function consentNow(of = customer): Promise<boolean | undefined> {
  const { rows } = await sql<{ granted: boolean }>`
    select granted from deciding_consent(${of}, 'email', 'offers', ${later(soon, { hours: 3 })})`.execute(
    database,
  );
  return rows[0]?.granted;
}
