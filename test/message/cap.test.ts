import { beforeEach, describe, expect, it } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aCarrier, aJourney, deliverDue, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const days = (count: number) => ({ months: 0, days: count, seconds: 0 });
const onePerWeek = { count: 1, within: days(7) };
const offers = { ...onePerWeek, channel: null, topic: "offers" };
const email = { ...onePerWeek, channel: "email", topic: null };

async function send(id: string, given: Partial<Parameters<typeof plan>[2]> & { step: string }) {
  await plan(database, [id], { journey: await aJourney(database), lateness: days(1), ...given });
}

/** "hello accepted", in the order of planning. */
const outcomes = async () =>
  (await ledger(database)).map(
    ({ step, state, reason }) => `${step} ${state}${reason === null ? "" : `: ${reason}`}`,
  );

describe("a cap of a topic", () => {
  it("leaves other topics alone, and receipts", async () => {
    const id = await aCustomer(database);
    await send(id, { step: "first" });
    await send(id, { step: "second" });
    await send(id, { step: "news", topic: "news" });
    await send(id, { step: "receipt", class: "transactional" });
    await deliverDue(database, { rules: { caps: [offers] } });
    expect(await outcomes()).toEqual([
      "first accepted",
      "second suppressed: frequency cap",
      "news accepted",
      "receipt accepted",
    ]);
  });

  it("counts what went by other channels", async () => {
    const id = await aCustomer(database);
    await send(id, { step: "text", by: ["sms"] });
    await deliverDue(database, { rules: { channel: "sms", caps: [offers] } });
    await send(id, { step: "mail", lateness: days(9) });
    await deliverDue(database, { rules: { caps: [offers] }, at: later(monday, { days: 1 }) });
    expect(await ledger(database)).toMatchObject([
      { state: "accepted" },
      { state: "planned", due_at: later(monday, { days: 7 }) },
    ]);
  });

  it("of one channel leaves the others alone", async () => {
    const id = await aCustomer(database);
    const texts = { ...offers, channel: "sms" };
    await send(id, { step: "text", by: ["sms"] });
    await send(id, { step: "another", by: ["sms"] });
    await deliverDue(database, { rules: { channel: "sms", caps: [texts] } });
    await send(id, { step: "mail" });
    await deliverDue(database, { rules: { caps: [] } });
    expect(await outcomes()).toEqual([
      "text accepted",
      "another suppressed: frequency cap",
      "mail accepted",
    ]);
  });

  it("that holds a message back takes no place from others under the channel's cap", async () => {
    const id = await aCustomer(database);
    await send(id, { step: "before" });
    await deliverDue(database, { rules: { caps: [] } });
    await send(id, { step: "offer" });
    await send(id, { step: "news", topic: "news" });
    await deliverDue(database, { rules: { caps: [{ ...email, count: 2 }, offers] } });
    expect(await outcomes()).toEqual([
      "before accepted",
      "offer suppressed: frequency cap",
      "news accepted",
    ]);
  });
});

describe("priority", () => {
  it("gives a customer's last place to the journey that has the higher one", async () => {
    const id = await aCustomer(database);
    await send(id, { step: "newsletter" });
    await send(id, { step: "basket", priority: 10 });
    await deliverDue(database, { rules: { caps: [email] } });
    expect(await outcomes()).toEqual(["newsletter suppressed: frequency cap", "basket accepted"]);
  });

  it("keeps a place for what is planned and due before it would be free again", async () => {
    const [ada, bob] = [await aCustomer(database), await aCustomer(database)];
    const tonight = later(monday, { hours: 8 });
    await send(ada, { step: "newsletter", lateness: days(9) });
    await send(ada, { step: "basket", priority: 10, at: tonight });
    await send(bob, { step: "bobs-newsletter" });
    const rules = { caps: [email] };
    await deliverDue(database, { rules });
    expect(await ledger(database)).toMatchObject([
      { state: "planned", reason: "frequency cap", due_at: later(monday, { days: 7 }) },
      { state: "planned", reason: null },
      { state: "accepted" },
    ]);
    await deliverDue(database, { rules, at: tonight });
    await deliverDue(database, { rules, at: later(monday, { days: 7 }) });
    await deliverDue(database, { rules, at: later(monday, { days: 7, hours: 8 }) });
    expect(await outcomes()).toEqual([
      "newsletter accepted",
      "basket accepted",
      "bobs-newsletter accepted",
    ]);
  });

  it("keeps no place for a journey that is paused, nor for one that comes after the window", async () => {
    const [ada, bob] = [await aCustomer(database), await aCustomer(database)];
    const paused = await aJourney(database, "paused");
    await send(ada, { step: "newsletter" });
    await send(ada, { step: "basket", priority: 10, journey: paused });
    await send(bob, { step: "bobs-newsletter" });
    await send(bob, { step: "bobs-basket", priority: 10, at: later(monday, { days: 8 }) });
    await deliverDue(database, { rules: { caps: [email] } });
    expect((await outcomes()).filter((line) => line.endsWith("accepted"))).toEqual([
      "newsletter accepted",
      "bobs-newsletter accepted",
    ]);
  });

  it("matters to nobody where there is room for all", async () => {
    const id = await aCustomer(database);
    await send(id, { step: "newsletter" });
    await send(id, { step: "basket", priority: 10 });
    await deliverDue(database, { rules: { caps: [{ ...email, count: 2 }] } });
    expect(await outcomes()).toEqual(["newsletter accepted", "basket accepted"]);
  });
});

describe("receipts", () => {
  it("are handed over before marketing that was due earlier, and make room for it in the same batch", async () => {
    const id = await aCustomer(database);
    for (let i = 0; i < 5; i++)
      await send(id, { step: `news-${i}`, at: later(monday, { minutes: -10 }) });
    for (let i = 0; i < 2; i++) await send(id, { step: `receipt-${i}`, class: "transactional" });
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier, limit: 3, rules: { concurrency: 1 } });
    const order = new Map(
      (await ledger(database)).map(({ delivery_id, step }) => [delivery_id, step]),
    );
    expect(handed.map(({ deliveryId }) => order.get(deliveryId))).toEqual([
      "receipt-0",
      "receipt-1",
      expect.stringMatching(/^news-\d$/) as string,
    ]);
  });
});
