import { beforeEach, describe, expect, it } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, agree, monday } from "../support/people.ts";
import { aJourney, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const planned = async () =>
  (await ledger(database)).map(({ channel, state, reason }) => ({ channel, state, reason }));

describe("planning a message", () => {
  it("takes the first channel that reaches the customer", async () => {
    const journey = await aJourney(database);
    await plan(database, [await aCustomer(database)], { journey, by: ["email", "sms"] });
    expect(await planned()).toEqual([{ channel: "email", state: "planned", reason: null }]);
  });

  it.each([
    ["has no e-mail address", { email: null }, async () => {}],
    [
      "withdrew e-mail",
      {},
      (id: string) => agree(database, id, { channel: "email", state: "withdrawn", at: monday }),
    ],
    [
      "withdrew the topic on e-mail",
      {},
      (id: string) =>
        agree(database, id, { channel: "email", topic: "offers", state: "withdrawn", at: monday }),
    ],
    [
      "has a dead address",
      { email: "dead@example.com" },
      () =>
        database
          .insertInto("suppressions")
          .values({
            channel: "email",
            address: "dead@example.com",
            reason: "bounced",
            created_at: monday,
          })
          .execute(),
    ],
  ])("goes by text to a customer who %s", async (_, columns, happens) => {
    const journey = await aJourney(database);
    const id = await aCustomer(database, columns);
    await happens(id);
    await plan(database, [id], { journey, by: ["email", "sms"] });
    expect(await planned()).toEqual([{ channel: "sms", state: "planned", reason: null }]);
  });

  it("is kept from nobody by the dead address of somebody else", async () => {
    const journey = await aJourney(database);
    await database
      .insertInto("suppressions")
      .values({
        channel: "email",
        address: "dead@example.com",
        reason: "bounced",
        created_at: monday,
      })
      .execute();
    await plan(database, [await aCustomer(database)], { journey });
    expect(await planned()).toEqual([{ channel: "email", state: "planned", reason: null }]);
  });

  it.each<[string, Parameters<typeof aCustomer>[1], readonly string[], string]>([
    ["consent", { consent: false }, ["email"], "no consent to offers by email"],
    [
      "consent on either",
      { consent: false },
      ["email", "sms"],
      "no consent to offers by email or sms",
    ],
    ["an address", { email: null }, ["email"], "no e-mail address"],
    [
      "consent and a number",
      { consent: false, phone: null },
      ["email", "sms"],
      "no consent to offers by email; no phone number",
    ],
    [
      "a number, however many channels need it",
      { phone: null },
      ["sms", "whatsapp"],
      "no phone number",
    ],
    ["an address of its own kind", {}, ["push", "chat"], "no address for push or chat"],
    [
      "an address that is not dead",
      { email: "dead@example.com", phone: null },
      ["sms", "email"],
      "no phone number; email address bounced",
    ],
    [
      "an address that nobody blocked",
      { email: "blocked@example.com" },
      ["email"],
      "email address blocked",
    ],
  ])("says of each channel why nobody is reached: for want of %s", async (_, given, by, reason) => {
    const journey = await aJourney(database);
    const stopped = [
      ["dead@example.com", "bounced"],
      ["blocked@example.com", "operator"],
    ] as const;
    for (const [address, why] of stopped)
      await database
        .insertInto("suppressions")
        .values({ channel: "email", address, reason: why, created_at: monday })
        .execute();
    await plan(database, [await aCustomer(database, given)], { journey, by });
    expect(await planned()).toEqual([{ channel: by[0], state: "suppressed", reason }]);
  });

  it("says of a text that was stopped that there is no consent to any", async () => {
    const journey = await aJourney(database);
    const ada = await aCustomer(database);
    await agree(database, ada, { channel: "sms", state: "withdrawn", at: monday });
    await plan(database, [ada], { journey, by: ["sms"], class: "transactional", topic: null });
    expect(await planned()).toMatchObject([{ reason: "no consent to anything by sms" }]);
  });

  it("needs no consent for a receipt, but respects STOP for texts", async () => {
    const journey = await aJourney(database);
    const silent = await aCustomer(database, { consent: false });
    const stopped = await aCustomer(database, { email: null });
    await agree(database, stopped, { channel: "sms", state: "withdrawn", at: monday });
    await plan(database, [silent, stopped], {
      journey,
      by: ["email", "sms"],
      class: "transactional",
    });
    expect((await planned()).map(({ state }) => state)).toEqual(["planned", "suppressed"]);
  });

  it("keeps no receipt from a customer whose consent has run out, which is no STOP", async () => {
    const journey = await aJourney(database);
    const ada = await aCustomer(database, { email: null });
    await agree(database, ada, { at: monday, until: monday });
    await plan(database, [ada], { journey, by: ["sms"], class: "transactional" });
    expect((await planned()).map(({ state }) => state)).toEqual(["planned"]);
  });

  it("happens once however often it is tried", async () => {
    const journey = await aJourney(database);
    const id = await aCustomer(database);
    await plan(database, [id], { journey });
    const [message] = await ledger(database);
    const again = database.insertInto("messages").values({
      enrollment_id: message!.enrollment_id,
      journey_id: journey,
      version_id: message!.version_id,
      customer_id: id,
      step: "hello",
      channel: "email",
      template: "hello",
      class: "marketing",
      due_at: monday,
      expires_at: monday,
      planned_at: monday,
    });
    await expect(again.execute()).rejects.toThrow("messages_once");
  });

  it("gives each message 128 random bits and nothing else to be known by", async () => {
    const journey = await aJourney(database);
    await plan(database, await Promise.all([1, 2, 3].map(() => aCustomer(database))), { journey });
    expect(new Set((await ledger(database)).map((message) => message.delivery_id)).size).toBe(3);
  });
});
