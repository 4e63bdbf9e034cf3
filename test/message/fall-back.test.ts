import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/channel/channel.ts";
import type { MessagesState } from "../../src/database/tables.ts";
import { takeBack } from "../../src/enrollment/take-back.ts";
import { fallBack } from "../../src/message/fall-back.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, agree, later, monday } from "../support/people.ts";
import { aCarrier, aJourney, deliverDue, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const by = ["email", "sms", "letter"];

async function planned(given: Partial<Parameters<typeof plan>[2]> = {}, columns: object = {}) {
  const id = await aCustomer(database, columns);
  await plan(database, [id], { journey: await aJourney(database), by, fallback: true, ...given });
  return id;
}

/** What became of the message that was planned last. */
async function turnsOut(state: MessagesState) {
  const rows = await ledger(database);
  await database
    .updateTable("messages")
    .set({ state, sent_at: monday })
    .where("id", "=", rows.at(-1)?.id ?? "")
    .execute();
}

const channels = async () =>
  (await ledger(database)).map(({ channel, state }) => `${channel} ${state}`);

describe("a message that does not arrive", () => {
  it.each(["bounced", "failed", "suppressed"] as const)(
    "because it is %s goes on to the next channel, once",
    async (state) => {
      await planned();
      await turnsOut(state);
      expect(await fallBack(database, later(monday, { hours: 1 }))).toBe(1);
      expect(await fallBack(database, later(monday, { hours: 1 }))).toBe(0);
      expect(await channels()).toEqual([`email ${state}`, "sms planned"]);
      const [first, second] = await ledger(database);
      expect(second).toMatchObject({
        step: first?.step,
        template: first?.template,
        occurrence: first?.occurrence,
        expires_at: first?.expires_at,
        due_at: later(monday, { hours: 1 }),
      });
    },
  );

  it("goes through the channels to the last that reaches the customer, and no further", async () => {
    await planned({}, { attributes: JSON.stringify({ letter: "1 High Street" }) });
    for (let i = 0; i < 4; i++) {
      await turnsOut("bounced");
      await fallBack(database, monday);
    }
    expect(await channels()).toEqual(["email bounced", "sms bounced", "letter bounced"]);
  });

  it.each(["unknown", "accepted", "expired", "delivered", "retry"] as const)(
    "%s stays with its channel",
    async (state) => {
      await planned();
      await turnsOut(state);
      expect(await fallBack(database, monday)).toBe(0);
    },
  );

  it("stays undelivered where the step does not say so", async () => {
    await planned({ fallback: false });
    await turnsOut("bounced");
    expect(await fallBack(database, monday)).toBe(0);
  });

  it("is not tried elsewhere when it would be too late, or against the customer's will", async () => {
    const unwilling = await planned();
    await agree(database, unwilling, { channel: "sms", state: "withdrawn", at: monday });
    await turnsOut("bounced");
    expect(await fallBack(database, monday)).toBe(0);
    await planned();
    await turnsOut("bounced");
    expect(await fallBack(database, later(monday, { days: 1 }))).toBe(0);
  });

  it("is not tried elsewhere once its passage was stopped", async () => {
    await planned();
    await turnsOut("bounced");
    const [message] = await ledger(database);
    await takeBack(database, [message?.enrollment_id ?? ""]);
    expect(await fallBack(database, monday)).toBe(0);
  });

  it("passes over channels that do not reach the customer now", async () => {
    await planned({}, { phone: null, attributes: JSON.stringify({ letter: "1 High Street" }) });
    await turnsOut("bounced");
    await fallBack(database, monday);
    expect(await channels()).toEqual(["email bounced", "letter planned"]);
  });

  it("is found when the provider refuses it, or consent is gone at the last look", async () => {
    const dead: Outcome = { kind: "refused", of: "address", code: "550", detail: "no such box" };
    await planned();
    await deliverDue(database, { carrier: aCarrier(() => dead).carrier });
    const unwilling = await planned();
    await agree(database, unwilling, { channel: "email", state: "withdrawn", at: monday });
    await deliverDue(database);
    expect(await fallBack(database, monday)).toBe(2);
    expect(await channels()).toEqual([
      "email failed",
      "email suppressed",
      "sms planned",
      "sms planned",
    ]);
  });
});

describe("the best channel", () => {
  async function answers(id: string, channel: string, how: object) {
    const earlier = await aJourney(database);
    await plan(database, [id], { journey: earlier, by: [channel], step: `${channel}-${earlier}` });
    const rows = await ledger(database);
    await database
      .updateTable("messages")
      .set({ state: "delivered", sent_at: later(monday, { days: -30 }), ...how })
      .where("id", "=", rows.at(-1)?.id ?? "")
      .execute();
  }

  const best = async (id: string, fallback = false) => {
    await plan(database, [id], {
      journey: await aJourney(database),
      by,
      best: true,
      fallback,
      step: "best",
    });
    return (await ledger(database)).at(-1);
  };

  it("is the first configured one for a customer who never answered", async () => {
    expect(await best(await aCustomer(database))).toMatchObject({ channel: "email" });
  });

  it("is the one with the most clicks, then the most opens", async () => {
    const [clicker, opener] = [await aCustomer(database), await aCustomer(database)];
    await answers(clicker, "email", { opened_at: monday });
    await answers(clicker, "email", { opened_at: monday });
    await answers(clicker, "sms", { clicked_at: monday });
    expect(await best(clicker, true)).toMatchObject({
      channel: "sms",
      fallback: ["email", "letter"],
    });
    await answers(opener, "sms", { opened_at: monday });
    expect(await best(opener)).toMatchObject({ channel: "sms", fallback: null });
  });

  it("is none that was tried in vain before one that was not, but as it is configured", async () => {
    const ada = await aCustomer(database);
    await answers(ada, "sms", {});
    expect(await best(ada)).toMatchObject({ channel: "email" });
  });

  it("forgets after 180 days, and never is one that does not reach the customer", async () => {
    const [old, phoneless] = [
      await aCustomer(database),
      await aCustomer(database, { phone: null }),
    ];
    await answers(old, "sms", { clicked_at: monday, sent_at: later(monday, { days: -181 }) });
    await answers(phoneless, "sms", { clicked_at: monday });
    expect(await best(old)).toMatchObject({ channel: "email" });
    expect(await best(phoneless)).toMatchObject({ channel: "email" });
  });
});
