import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/channel/channel.ts";
import { resumeChannel } from "../../src/message/channel-state.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aCarrier, aJourney, accepted, deliverDue, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

async function planned(count: number, given: Partial<Parameters<typeof plan>[2]> = {}) {
  const journey = given.journey ?? (await aJourney(database));
  const customers: string[] = [];
  for (let i = 0; i < count; i++) customers.push(await aCustomer(database));
  await plan(database, customers, { journey, ...given });
  return { journey, customers };
}

const states = async () => (await ledger(database)).map(({ state }) => state);

describe("delivering", () => {
  it("hands each due message over once, with its text, sender and way out", async () => {
    await planned(25);
    const { carrier, handed } = aCarrier();
    expect(await deliverDue(database, { carrier })).toEqual({
      claimed: 25,
      accepted: 25,
      mustRest: false,
    });
    expect(await deliverDue(database, { carrier })).toMatchObject({ claimed: 0 });
    expect(new Set(handed.map((message) => message.deliveryId)).size).toBe(25);
    const [message] = handed;
    expect(message).toMatchObject({ subject: "Hello Ada", from: "Shop <shop@example.com>" });
    expect(message?.headers["List-Unsubscribe-Post"]).toBe("List-Unsubscribe=One-Click");
    expect(message?.html).toContain("https://mail.example/o/");
    expect(await ledger(database)).toSatisfy((rows: { state: string; receipt: string }[]) =>
      rows.every(({ state, receipt }) => state === "accepted" && receipt === "receipt-1"),
    );
  });

  it("commits the attempt before the call is made", async () => {
    await planned(1);
    const seen: unknown[] = [];
    const { carrier } = aCarrier(async () => {
      seen.push(
        ...(await database
          .selectFrom("messages")
          .innerJoin("attempts", "message_id", "id")
          .select(["state", "number", "outcome"])
          .execute()),
      );
      return accepted;
    });
    await deliverDue(database, { carrier });
    expect(seen).toEqual([{ state: "sending", number: 1, outcome: null }]);
    expect(await database.selectFrom("attempts").select(["outcome"]).execute()).toEqual([
      { outcome: "accepted" },
    ]);
  });

  it("never has more rows in sending than calls in flight", async () => {
    await planned(60);
    let most = 0;
    const { carrier } = aCarrier(async () => {
      const { count } = await database
        .selectFrom("messages")
        .where("state", "=", "sending")
        .select((eb) => eb.fn.countAll<string>().as("count"))
        .executeTakeFirstOrThrow();
      most = Math.max(most, Number(count));
      return accepted;
    });
    await deliverDue(database, { carrier, rules: { concurrency: 8 } });
    expect(most).toBeLessThanOrEqual(8);
    expect(new Set(await states())).toEqual(new Set(["accepted"]));
  });

  it("links to nothing that is not stored, and signs what it links to", async () => {
    await planned(3, { template: "shop" });
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier });
    const links = await database.selectFrom("links").select("url").execute();
    expect(links).toHaveLength(1);
    expect(links[0]?.url).toContain(
      "https://shop.example/shoes?utm_source=waypost&utm_medium=email",
    );
    expect(handed.every((message) => message.text.includes("https://mail.example/c/"))).toBe(true);
  });

  it("fails a message whose template cannot be rendered, and delivers its neighbours", async () => {
    const { journey } = await planned(2);
    await planned(1, { journey, template: "broken", step: "broken" });
    await deliverDue(database);
    expect(await states()).toEqual(["accepted", "accepted", "failed"]);
    expect((await ledger(database))[2]?.reason).toBe(
      'template broken.email.hbs: "customer.nickname" is missing',
    );
  });

  it("two workers never take the same message", async () => {
    await planned(80);
    const { carrier, handed } = aCarrier();
    await Promise.all([1, 2, 3, 4].map(() => deliverDue(database, { carrier, limit: 20 })));
    expect(handed).toHaveLength(80);
    expect(new Set(handed.map((message) => message.deliveryId)).size).toBe(80);
  });

  it("a worker that stops finishes its calls and gives the rest back", async () => {
    await planned(30);
    const stop = new AbortController();
    const { carrier, handed } = aCarrier(() => {
      stop.abort();
      return accepted;
    });
    await deliverDue(database, { carrier, stopping: stop.signal, rules: { concurrency: 5 } });
    const after = await states();
    expect(after.filter((state) => state === "accepted")).toHaveLength(handed.length);
    expect(after.filter((state) => state === "planned")).toHaveLength(30 - handed.length);
  });

  it("a provider that throws makes the outcome unknown, not a second call", async () => {
    await planned(1);
    const { carrier, handed } = aCarrier(() => {
      throw new Error("socket hang up");
    });
    await deliverDue(database, { carrier });
    await deliverDue(database, { carrier, at: later(monday, { hours: 5 }) });
    expect(await ledger(database)).toMatchObject([
      { state: "unknown", reason: "threw socket hang up" },
    ]);
    expect(handed).toHaveLength(1);
  });
});

describe("what a provider answers", () => {
  const later429: Outcome = {
    kind: "later",
    code: "429",
    detail: "too many requests",
    retryAfterMs: 60_000,
    counted: false,
    throttle: true,
  };
  const busy: Outcome = {
    kind: "later",
    code: "busy",
    detail: "try later",
    retryAfterMs: null,
    counted: true,
    throttle: false,
  };

  it("is waited for when it names a time, by every message of the channel", async () => {
    await planned(20);
    const { carrier, handed } = aCarrier(() => later429);
    expect(await deliverDue(database, { carrier, rules: { concurrency: 4 } })).toMatchObject({
      mustRest: true,
    });
    const called = handed.length;
    expect(called).toBeLessThan(20);
    expect(
      await deliverDue(database, { carrier, at: later(monday, { seconds: 59 }) }),
    ).toMatchObject({ claimed: 0 });
    const patient = aCarrier();
    await deliverDue(database, { carrier: patient.carrier, at: later(monday, { seconds: 61 }) });
    expect(patient.handed).toHaveLength(20);
    expect((await ledger(database)).every(({ strikes }) => strikes === 0)).toBe(true);
  });

  it("is tried again with full jitter, and ends as failed after the channel's limit", async () => {
    await planned(1);
    const { carrier, handed } = aCarrier(() => busy);
    for (let hour = 0; hour < 6; hour++)
      await deliverDue(database, { carrier, at: later(monday, { hours: hour }) });
    expect(handed).toHaveLength(3);
    expect(await ledger(database)).toMatchObject([
      { state: "failed", strikes: 3, reason: "given up after 3 attempts: busy try later" },
    ]);
  });

  it("pauses the channel when it is about credentials, and loses nobody", async () => {
    await planned(12);
    const { carrier } = aCarrier(() => ({ kind: "misconfigured", code: "401", detail: "bad key" }));
    await deliverDue(database, { carrier, rules: { concurrency: 4 } });
    expect(await deliverDue(database)).toMatchObject({ claimed: 0 });
    expect(await database.selectFrom("channels").select(["name", "reason"]).execute()).toEqual([
      { name: "email", reason: "401 bad key" },
    ]);
    await resumeChannel(database, "email", monday);
    await deliverDue(database);
    expect(new Set(await states())).toEqual(new Set(["accepted"]));
  });

  it("suppresses an address it calls dead, and believes a customer who refused", async () => {
    const { customers } = await planned(2);
    const answers: Outcome[] = [
      { kind: "refused", of: "address", code: "21211", detail: "invalid" },
      { kind: "refused", of: "customer", code: "21610", detail: "unsubscribed" },
    ];
    const { carrier } = aCarrier(() => answers.shift()!);
    await deliverDue(database, { carrier, rules: { concurrency: 1 } });
    expect(await states()).toEqual(["failed", "failed"]);
    expect(
      await database.selectFrom("suppressions").select(["channel", "reason"]).execute(),
    ).toEqual([{ channel: "email", reason: "invalid" }]);
    const withdrawn = await database
      .selectFrom("current_consents")
      .select("customer_id")
      .where("state", "=", "withdrawn")
      .execute();
    expect(withdrawn).toEqual([{ customer_id: customers[1] }]);
  });

  it("may hold anything without harm to the neighbours' outcomes", async () => {
    await planned(3);
    const answers: Outcome[] = [
      accepted,
      { kind: "refused", of: "message", code: "400\0", detail: `\0\ud800${"x".repeat(10_000)}` },
      accepted,
    ];
    const { carrier } = aCarrier(() => answers.shift()!);
    await deliverDue(database, { carrier, rules: { concurrency: 3 } });
    expect((await states()).toSorted()).toEqual(["accepted", "accepted", "failed"]);
  });
});
