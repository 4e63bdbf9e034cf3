import { beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/channel/channel.ts";
import { deliverDue } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aMessage, aPlannedMessage, aReport, consentsOf, messageNow, report } from "./sent.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const number = "+447700900123";
const aText = (kind: Report["kind"], given: Partial<Report> = {}) =>
  aReport({ kind, from: number, ...given });
const suppressed = () => database.selectFrom("suppressions").selectAll().execute();

test("STOP ends every kind of text to everybody with that number, at once", async () => {
  const [ada, ben] = [
    await aCustomer(database, { phone: number }),
    await aCustomer(database, { phone: number }),
  ];
  const offer = await aPlannedMessage(database, ada, { channel: "sms" });
  const code = await aPlannedMessage(database, ben, { channel: "sms", class: "transactional" });
  const mail = await aPlannedMessage(database, ada);
  await report(database, aText("opt_out"));
  for (const customer of [ada, ben]) {
    expect((await consentsOf(database, customer)).at(-1)).toEqual({
      channel: "sms",
      topic: "*",
      state: "withdrawn",
      method: "sms_keyword",
    });
  }
  expect((await messageNow(database, offer.id)).state).toBe("suppressed");
  expect((await messageNow(database, code.id)).state).toBe("suppressed");
  expect((await messageNow(database, mail.id)).state).toBe("planned");
});

test("STOP is written at the message that was answered, the last one to that number", async () => {
  const customer = await aCustomer(database, { phone: number });
  const before = await aMessage(database, customer, { channel: "sms" });
  const sent_at = later(monday, { seconds: 30 });
  const last = await aMessage(database, customer, { channel: "sms", sent_at });
  const { texts } = await report(database, aText("opt_out"));
  expect(texts).toMatchObject([{ messageId: last.id, customers: [customer] }]);
  expect((await messageNow(database, last.id)).unsubscribed_at).toEqual(
    later(monday, { minutes: 1 }),
  );
  expect((await messageNow(database, before.id)).unsubscribed_at).toBeNull();
});

test("STOP from a number of nobody is remembered, until START", async () => {
  await report(database, aText("opt_out"));
  expect(await suppressed()).toMatchObject([
    { channel: "sms", address: number, reason: "unsubscribed" },
  ]);
  await report(database, aText("opt_in", { at: later(monday, { minutes: 5 }) }));
  expect(await suppressed()).toEqual([]);
});

test("STOP holds for whoever is imported later with the number and a consent, until START", async () => {
  await aCustomer(database, { phone: number });
  await report(database, aText("opt_out"));
  const imported = await aCustomer(database, { phone: number });
  const planned = { channel: "sms", address: null } as const;
  const offer = await aPlannedMessage(database, imported, planned);
  const send = () =>
    deliverDue(database, { rules: { channel: "sms" }, at: later(monday, { hours: 1 }) });
  expect(await send()).toMatchObject({ accepted: 0 });
  expect(await messageNow(database, offer.id)).toMatchObject({
    state: "suppressed",
    reason: "address unsubscribed",
  });
  await report(database, aText("opt_in", { at: later(monday, { minutes: 5 }) }));
  await aPlannedMessage(database, imported, planned);
  expect(await send()).toMatchObject({ accepted: 1 });
});

test("a number that bounced after its STOP is not called good again by START", async () => {
  const customer = await aCustomer(database, { phone: number });
  const sent = await aMessage(database, customer, { channel: "sms", address: number });
  await report(database, aText("opt_out"));
  await report(database, aReport({ kind: "bounced", deliveryId: sent.delivery_id }));
  await report(database, aText("opt_in", { at: later(monday, { minutes: 5 }) }));
  expect(await suppressed()).toMatchObject([{ reason: "bounced" }]);
});

test("START is a new consent, and lifts no bounce", async () => {
  const customer = await aCustomer(database, { phone: number, consent: false });
  const bounced = { channel: "sms", address: number, reason: "bounced" } as const;
  await database
    .insertInto("suppressions")
    .values({ ...bounced, created_at: monday })
    .execute();
  await report(database, aText("opt_in"));
  expect(await consentsOf(database, customer)).toEqual([
    { channel: "sms", topic: "*", state: "granted", method: "sms_keyword" },
  ]);
  expect(await suppressed()).toHaveLength(1);
});

test("STOP and START hold in the order they were written, not in that they came in", async () => {
  const customer = await aCustomer(database, { phone: number });
  const planned = await aPlannedMessage(database, customer, { channel: "sms" });
  await report(database, aText("opt_in", { at: later(monday, { minutes: 9 }) }));
  await report(database, aText("opt_out", { at: later(monday, { minutes: 3 }) }));
  expect((await messageNow(database, planned.id)).state).toBe("planned");
  expect(await suppressed()).toEqual([]);
});

test.each(["help", "reply", "opt_out", "opt_in"] as const)(
  "a text that means %s is handed on once, for whoever answers it",
  async (kind) => {
    const customer = await aCustomer(database, { phone: number });
    const text = aText(kind, { eventId: "SM1", detail: "What is this?" });
    const { texts } = await report(database, text, text);
    expect(texts).toMatchObject([
      { kind, channel: "sms", from: number, text: "What is this?", customers: [customer] },
    ]);
    expect((await report(database, text)).texts).toEqual([]);
  },
);

test("a reply says nothing about consent, nor about what the provider has", async () => {
  const customer = await aCustomer(database, { phone: number });
  const message = await aMessage(database, customer, { channel: "sms", state: "unknown" });
  await report(database, aText("reply"), aText("help"));
  expect(await consentsOf(database, customer)).toHaveLength(1);
  expect((await messageNow(database, message.id)).state).toBe("unknown");
});

test("a text by WhatsApp is about WhatsApp", async () => {
  const customer = await aCustomer(database, { phone: number });
  const { texts } = await report(database, aText("opt_out", { from: `whatsapp:${number}` }));
  expect(texts).toMatchObject([{ channel: "whatsapp", from: number }]);
  expect((await consentsOf(database, customer)).at(-1)).toMatchObject({ channel: "whatsapp" });
});
