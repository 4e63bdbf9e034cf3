import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { absorb } from "../../src/customer/absorb.ts";
import { findErasure, letBack } from "../../src/customer/erased-addresses.ts";
import { type Erased, eraseLeftovers, erasePerson } from "../../src/customer/erase.ts";
import { identify } from "../../src/customer/ingest.ts";
import { personal } from "../../src/customer/personal-tables.ts";
import { findPerson } from "../../src/customer/person.ts";
import { suppress } from "../../src/customer/consent.ts";
import { journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { replayMessages } from "../../src/message/replay.ts";
import { lookUpUnknown } from "../../src/message/look-up.ts";
import { recoverMessages } from "../../src/message/recover.ts";
import { savePreferences } from "../../src/tracking/preferences.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCarrier, aJourney, deliverDue, ledger, plan } from "../message/ledger.ts";
import { agree, aCustomer, later, monday } from "../support/people.ts";
import { aMessage, aReport, messageNow, report, tokens } from "../tracking/sent.ts";
import { aFile, importing } from "./files.ts";

const shop = await aShop();
const { database } = shop;

const email = "ada@example.com";
const phone = "+447400123456";
const oldSecret = "an old secret of at least thirty-two characters";
const newSecret = "a new secret of at least thirty-two characters";
const oldOnly = () => [oldSecret];
const settings = { country: "GB", zone: "Europe/London", currency: "GBP" };

const ada = (given: object = {}) => aCustomer(database, { email, phone, ...given });
const erase = (customerId: string, secrets = oldOnly): Promise<Erased> =>
  erasePerson(database, { customerId, channels: ["email", "sms"], secrets, now: shop.now });

/** What becomes of a message by e-mail to whoever has the address now. */
async function writeTo(kind: "marketing" | "transactional"): Promise<string> {
  const person = await findPerson(database, email, []);
  const [id = ""] = person?.customers ?? [];
  await agree(database, id, { at: shop.now });
  const journey = await aJourney(database);
  await plan(database, [id], { journey, step: `${kind}-${journey}`, class: kind, at: shop.now });
  const sent = (await ledger(database)).at(-1);
  return sent?.reason ?? sent?.state ?? "";
}

const list = () =>
  aFile(["customer_id,email,phone,consent.email,consent.sms", `c-17,${email},${phone},yes,yes`]);

/** The customer was erased, and the shop's old list brings them back. */
async function comesBack(): Promise<string> {
  await erase(await ada());
  const { notes } = await importing(database, "customers", list(), { secrets: oldOnly });
  expect(notes.join()).toContain("2 addresses are of customers who were erased");
  const person = await findPerson(database, email, []);
  return person?.customers[0] ?? "";
}

const welcome = `
journey: welcome
start: { on: signed_up }
objective: { goal: order_completed, value: total, within: 30 days }
steps: [{ send: hello, by: email }, { wait: 3 days }, { send: again, by: email }]`;

describe("what figures are made of", () => {
  test("stays, and what was to come does not", async () => {
    await shop.apply(welcome);
    const customer = await ada();
    await shop.happens(customer, "signed_up", { wish: "a teapot" });
    await shop.live();
    await deliverDue(database);
    await shop.happens(customer, "order_completed", { total: 40, currency: "GBP" });
    await shop.live();
    const [before] = await journeyCounts(database);
    expect(before).toMatchObject({ entered: 1, converted: 1, inside: 1 });
    await erase(customer);
    const [after] = await journeyCounts(database);
    expect(after).toMatchObject({ entered: 1, converted: 1, inside: 0, exited: { erased: 1 } });
    expect([before?.value, after?.value]).toEqual([40, 40]);
    await shop.travel("5 days");
    expect(await ledger(database)).toMatchObject([
      { state: "accepted", customer_id: null, address: null, subject: null },
    ]);
  });

  test("is not tried again, looked up or replayed", async () => {
    const customer = await ada();
    const journey = await aJourney(database);
    for (const state of ["failed", "unknown", "planned"] as const) {
      await plan(database, [customer], { journey, step: state, class: "transactional" });
      await sql`update messages set state = ${state}, sent_at = ${monday} where step = ${state}`.execute(
        database,
      );
    }
    await erase(customer);
    const now = later(monday, { hours: 1 });
    await recoverMessages(database, now);
    await replayMessages(database, { states: ["failed", "unknown", "suppressed"], now });
    const { carrier, handed } = aCarrier();
    const stopping = new AbortController().signal;
    const lookUp = { ...carrier, lookUp: () => Promise.reject(new Error("nobody is asked")) };
    const asking = { channel: "email", carrier: lookUp, limit: 9, deadlineMs: 1000, now, stopping };
    expect(await lookUpUnknown(database, asking)).toBe(0);
    await deliverDue(database, { carrier, at: now });
    expect(handed).toEqual([]);
    expect((await ledger(database)).map(({ state }) => state)).toEqual([
      "failed",
      "unknown",
      "suppressed",
    ]);
  });
});

describe("who is erased", () => {
  test("is everybody who was merged into them", async () => {
    const visitor = await aCustomer(database, { external_id: null, email: null, phone: null });
    const customer = await ada();
    const kept = await aMessage(database, visitor);
    await aMessage(database, customer, { journey_id: kept.journey_id });
    await sql`update enrollments set journey_id = ${kept.journey_id}`.execute(database);
    await absorb(database, [{ from: visitor, into: customer }], monday);
    expect(await erase(customer)).toMatchObject({ kind: "erased", rows: { customers: 2 } });
    expect(await database.selectFrom("customers").selectAll().execute()).toEqual([]);
  });

  test("shares a telephone with somebody, whose it stays", async () => {
    const [customer, ben] = [await ada(), await aCustomer(database, { phone })];
    await suppress(database, [
      { channel: "sms", address: phone, reason: "unsubscribed", created_at: monday },
    ]);
    await erase(customer);
    expect(await database.selectFrom("suppressions").selectAll().execute()).toHaveLength(1);
    const row = aFile(["customer_id,phone,city", `ben,${phone},London`]);
    await sql`update customers set external_id = 'ben' where id = ${ben}`.execute(database);
    await sql`delete from suppressions`.execute(database);
    await importing(database, "customers", row, { secrets: oldOnly });
    expect(await database.selectFrom("suppressions").selectAll().execute()).toEqual([]);
  });

  test("is left whole while a message is on its way, which must find its row", async () => {
    const customer = await ada();
    const message = await aMessage(database, customer, { state: "sending" });
    expect(await erase(customer)).toEqual({ kind: "in flight", messages: 1, calls: 0 });
    expect(await findPerson(database, email, [])).toBeDefined();
    await sql`update messages set state = 'accepted'`.execute(database);
    expect(await erase(customer)).toMatchObject({ kind: "erased" });
    expect(await messageNow(database, message.id)).toMatchObject({ state: "accepted" });
  });

  test("is known as erased by every name they had, and by nothing else", async () => {
    await erase(await ada({ external_id: "c-17" }));
    const found = await Promise.all(
      [email, phone, "c-17", "ben@example.com", "c-18"].map((meant) =>
        findErasure(database, oldOnly, meant),
      ),
    );
    expect(found).toEqual([monday, monday, monday, undefined, undefined]);
  });
});

test("an event of a transaction that had found the customer before goes within the hour", async () => {
  const customer = await ada();
  await erase(customer);
  await shop.happens(customer, "page_viewed", { page: "/ada" });
  await eraseLeftovers(database, later(monday, { hours: 1 }));
  expect(await database.selectFrom("events").selectAll().execute()).toEqual([]);
  expect(await database.selectFrom("pending_events").selectAll().execute()).toEqual([]);
});

describe("an erased address that comes back", () => {
  test("by a file gets receipts and no marketing, whatever the file says of consent", async () => {
    await comesBack();
    expect(await writeTo("marketing")).toBe("email address erased");
    expect(await writeTo("transactional")).toBe("planned");
    await deliverDue(database, { at: shop.now });
    expect((await ledger(database)).map(({ state }) => state)).toEqual(["suppressed", "accepted"]);
  });

  test("by the door for programs does neither", async () => {
    await erase(await ada());
    const now = later(monday, { days: 1 });
    const traits = { email: "ADA@Example.com", consent: { email: { offers: true } } };
    const message = { userId: "c-99", traits, timestamp: now.toISOString() };
    await identify(database, message, { ...settings, now, secrets: oldOnly });
    expect(await writeTo("marketing")).toBe("email address erased");
  });

  test("has what stood against it before", async () => {
    const customer = await ada();
    await suppress(database, [
      { channel: "email", address: email, reason: "bounced", created_at: monday },
    ]);
    await erase(customer);
    expect(await database.selectFrom("suppressions").selectAll().execute()).toEqual([]);
    await importing(database, "customers", list(), { secrets: oldOnly });
    expect(await writeTo("transactional")).toBe("email address bounced");
  });

  test("gets marketing when its holder ticks it on the preference page", async () => {
    const customer = await comesBack();
    const { delivery_id: deliveryId } = await aMessage(database, customer);
    const token = tokens.write("preferences", deliveryId);
    const wanted = [{ channel: "email", topic: "offers" }];
    const offer = { channels: ["email", "sms"], topics: { offers: "Offers" } };
    const wish = { token, wanted, now: later(monday, { days: 1 }) };
    expect(await savePreferences(database, tokens, offer, wish)).toEqual({ changed: 1 });
    expect(await writeTo("marketing")).toBe("planned");
  });

  test("gets texts when its holder writes START", async () => {
    await comesBack();
    const erased = () =>
      database.selectFrom("suppressions").select("channel").orderBy("channel").execute();
    expect(await erased()).toHaveLength(4);
    await report(database, aReport({ kind: "opt_in", from: phone }));
    expect((await erased()).map(({ channel }) => channel)).toEqual(["email", "phone", "whatsapp"]);
  });

  test("gets it when an operator lets it back, before it is here or after", async () => {
    await erase(await ada());
    expect(await letBack(database, oldOnly, email)).toBe(true);
    expect(await letBack(database, oldOnly, email)).toBe(false);
    await importing(database, "customers", list(), { secrets: oldOnly });
    expect(await writeTo("marketing")).toBe("planned");
    expect(await letBack(database, oldOnly, phone)).toBe(true);
  });
});

describe("a secret that is changed", () => {
  test("knows erased addresses, and so it does when the old one is taken out", async () => {
    await erase(await ada());
    expect(await findErasure(database, () => [newSecret, oldSecret], email)).toEqual(monday);
    expect(await findErasure(database, () => [newSecret], email)).toEqual(monday);
    await expect(findErasure(database, oldOnly, email)).rejects.toMatchObject({
      code: "WAYPOST_CONFIG",
    });
  });

  test("without the old one lets nobody in who may have been erased", async () => {
    await erase(await ada());
    const secrets = () => [newSecret];
    await expect(importing(database, "customers", list(), { secrets })).rejects.toThrow(
      /put the old one behind the new one/,
    );
    expect(await findPerson(database, email, [])).toBeUndefined();
  });
});

test("one person is found by indexes, but for events that wait", async () => {
  const ids = ["1", "2"];
  const person = {
    customers: ids,
    names: [],
    accounts: [],
    enrollments: ids,
    messages: ids,
    orders: ids,
    links: ids,
    addresses: [{ channel: "email", address: email, reason: null, isShared: false }],
  };
  const read: string[] = [];
  await database.transaction().execute(async (transaction) => {
    await sql`set local enable_seqscan = off`.execute(transaction);
    for (const [table, place] of personal) {
      const { rows } = await sql<{ "QUERY PLAN": string }>`
        explain select * from ${sql.table(table)} t where ${place.rows(person)}`.execute(
        transaction,
      );
      if (rows.some((row) => row["QUERY PLAN"].includes(`Seq Scan on ${table}`))) read.push(table);
    }
  });
  expect(read).toEqual(["pending_events"]);
});
