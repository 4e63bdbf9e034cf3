import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/channel/channel.ts";
import { contained } from "../../src/channel/contained.ts";
import { deliver } from "../../src/message/deliver.ts";
import { pauseChannel, resumeChannel } from "../../src/message/channel-state.ts";
import { raiseStates } from "../../src/tracking/report-state.ts";
import { until } from "../queue/house.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import {
  aCarrier,
  aComposer,
  aDelivery,
  aJourney,
  accepted,
  deliverDue,
  ledger,
  plan,
} from "./ledger.ts";

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
    expect(await deliverDue(database, { carrier })).toMatchObject({
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
    expect((await ledger(database)).every(({ state }) => state === "accepted")).toBe(true);
    const made = await database.selectFrom("attempts").select(["outcome", "receipt"]).execute();
    expect(made).toEqual(handed.map(() => ({ outcome: "accepted", receipt: "receipt-1" })));
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

  it("a message whose template came with an apply waits for a worker that was started after it", async () => {
    const { journey } = await planned(1, { template: "new" });
    await planned(1, { journey });
    const before = { composer: aComposer(["new"]) };
    await deliverDue(database, before);
    expect(await ledger(database)).toMatchObject([
      { state: "retry", reason: expect.stringContaining("restart those of before") as string },
      { state: "accepted" },
    ]);
    expect(await deliverDue(database, before)).toMatchObject({ claimed: 0 });
    await deliverDue(database, { at: later(monday, { minutes: 1 }) });
    expect(await states()).toEqual(["accepted", "accepted"]);
  });

  it("a message has failed when nobody has its template an hour after the apply", async () => {
    await planned(1, { template: "new" });
    const composer = aComposer(["new"]);
    await deliverDue(database, { composer, at: later(monday, { minutes: 59 }) });
    expect(await states()).toEqual(["retry"]);
    await deliverDue(database, { composer, at: later(monday, { minutes: 60 }) });
    expect((await ledger(database))[0]).toMatchObject({
      state: "failed",
      reason: 'found no template "new"',
    });
  });

  it("journeys take turns, however many messages one of them has and however long they are due", async () => {
    const { journey: campaign } = await planned(60);
    const small = await planned(10, { at: later(monday, { hours: 1 }) });
    const paused = await planned(10, { journey: await aJourney(database, "paused") });
    const taken = async (limit: number) => {
      await deliverDue(database, { limit, at: later(monday, { hours: 1 }) });
      const rows = await ledger(database);
      const of = (journey: number) =>
        rows.filter((row) => row.journey_id === journey && row.state === "accepted").length;
      return [of(campaign), of(small.journey), of(paused.journey)];
    };
    expect(await taken(12)).toEqual([6, 6, 0]);
    expect(await taken(12)).toEqual([14, 10, 0]);
    expect(await taken(12)).toEqual([26, 10, 0]);
  });

  it("journeys take turns on a channel that has room for one message at a time", async () => {
    const { journey: campaign } = await planned(30);
    const small = await planned(30, { at: later(monday, { hours: 1 }) });
    for (let turn = 0; turn < 30; turn++)
      await deliverDue(database, { limit: 1, at: later(monday, { hours: 1 }) });
    const rows = await ledger(database);
    for (const journey of [campaign, small.journey]) {
      const sent = rows.filter((row) => row.journey_id === journey && row.state === "accepted");
      expect(sent.length).toBeGreaterThan(3);
    }
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

  it("an operator's pause in the middle lets calls in flight end and no other begin", async () => {
    await planned(12);
    const paused = Promise.withResolvers<void>();
    const { carrier, handed } = aCarrier(async () => {
      if (handed.length === 4)
        paused.resolve(pauseChannel(database, "email", "pigeon", "operator", monday));
      await paused.promise;
      return accepted;
    });
    await deliverDue(database, { carrier, rules: { concurrency: 4 } });
    expect(handed).toHaveLength(4);
    await resumeChannel(database, "email", monday);
    await deliverDue(database, { carrier });
    expect(new Set(handed.map(({ deliveryId }) => deliveryId)).size).toBe(12);
    expect(handed).toHaveLength(12);
  });

  it.each([accepted, { kind: "unknown", code: "timeout", detail: "" }] as const)(
    "a report that comes before the answer ($kind) stands",
    async (answer) => {
      await planned(1);
      const { carrier } = aCarrier(async () => {
        const [message] = await ledger(database);
        await sql`insert into reports (provider, event_id, message_id, kind, at, received_at)
          values ('pigeon', 'e-1', ${message!.id}, 'delivered', ${monday}, ${monday})`.execute(
          database,
        );
        const fresh = { provider: "pigeon", eventId: "e-1", messageId: message!.id };
        await raiseStates(database, [fresh], monday);
        return answer;
      });
      await deliverDue(database, { carrier });
      expect(await ledger(database)).toMatchObject([{ state: "delivered" }]);
    },
  );

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

describe("a database that breaks in the middle", () => {
  /** The connection is cut at the next write of the kind, once. */
  const cutOnce = async (when: "insert" | "update") => {
    await sql`create sequence cuts`.execute(database);
    await sql`create function cut() returns trigger language plpgsql as $$
      begin
        if nextval('cuts') = 1 then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end if;
        return new;
      end $$`.execute(database);
    await sql`create trigger cut before ${sql.raw(when)} on attempts for each row execute function cut()`.execute(
      database,
    );
  };
  afterEach(async () => {
    await sql`drop function if exists cut cascade`.execute(database);
    await sql`drop sequence if exists cuts`.execute(database);
  });

  it.each([1, 12])("keeps the outcomes in hand of %i messages", async (count) => {
    await planned(count);
    await cutOnce("update");
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier });
    expect(new Set(await states())).toEqual(new Set(["accepted"]));
    expect(handed).toHaveLength(count);
  });

  it("before the calls gives the messages back at once", async () => {
    await planned(12);
    await cutOnce("insert");
    const { carrier, handed } = aCarrier();
    await expect(deliverDue(database, { carrier, rules: { concurrency: 6 } })).rejects.toThrow(
      /terminat/,
    );
    expect(handed).toEqual([]);
    expect(new Set(await states())).toEqual(new Set(["planned"]));
    expect(await deliverDue(database, { carrier })).toMatchObject({ accepted: 12 });
  });

  it("after it wrote that sending begins, and before it said so, leaves nothing unknown", async () => {
    await planned(3);
    const { carrier, handed } = aCarrier();
    const broken = database.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (result.rows.some((row) => "address" in row)) throw new Error("the connection is gone");
        return result;
      },
    });
    await expect(deliverDue(broken, { carrier })).rejects.toThrow("gone");
    expect(await states()).toEqual(["retry", "retry", "retry"]);
    await deliverDue(database, { carrier });
    expect(handed).toHaveLength(3);
    expect(new Set(await states())).toEqual(new Set(["accepted"]));
  });

  it("has deadlocks with others go by without a trace", async () => {
    await planned(4);
    await cutOnce("update");
    await sql`create or replace function cut() returns trigger language plpgsql as $$
      begin
        if nextval('cuts') = 1 then raise exception 'deadlock' using errcode = '40P01'; end if;
        return new;
      end $$`.execute(database);
    await deliverDue(database);
    expect(new Set(await states())).toEqual(new Set(["accepted"]));
  });
});

describe("a provider's code", () => {
  it.each([
    ["never settles", () => new Promise<never>(() => {}), "deadline"],
    ["answers with garbage", () => "fine" as never, "garbage"],
    ["answers with nothing", () => undefined as never, "garbage"],
  ])("that %s leaves the outcome unknown and the worker alive", async (_, answer, code) => {
    await planned(3);
    const carrier = contained(aCarrier(answer).carrier);
    await deliverDue(database, { carrier, rules: { deadlineMs: 20 } });
    const rows = await ledger(database);
    expect(rows.map(({ state }) => state)).toEqual(["unknown", "unknown", "unknown"]);
    expect(rows[0]?.reason).toContain(code);
  });
});

it("a customer with ten million letters, or none that anybody knows, harms no neighbour", async () => {
  const journey = await aJourney(database);
  const names = [
    "A".repeat(10_000_000),
    "\u{1F469}\u200D\u{1F680}\u202E",
    "{{constructor}}",
    "Ada",
  ];
  const customers: string[] = [];
  for (const first_name of names) customers.push(await aCustomer(database, { first_name }));
  await plan(database, customers, { journey });
  const { carrier, handed } = aCarrier();
  expect(await deliverDue(database, { carrier })).toMatchObject({ accepted: 4 });
  expect(handed).toHaveLength(4);
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

  it("is heard by all workers before the other calls are answered", async () => {
    await planned(8);
    const slow = Promise.withResolvers<Outcome>();
    const other = aCarrier(() => slow.promise);
    const others = deliverDue(database, {
      carrier: other.carrier,
      limit: 4,
      rules: { concurrency: 1 },
    });
    await until(() => other.handed.length === 1);
    const { carrier } = aCarrier(() => later429);
    await deliverDue(database, { carrier, limit: 2, rules: { concurrency: 1 } });
    expect(await deliverDue(database)).toMatchObject({ claimed: 0 });
    slow.resolve(accepted);
    await others;
    expect(other.handed).toHaveLength(1);
    expect((await states()).filter((state) => state === "planned")).toHaveLength(6);
  });

  it("is told to all workers while this one still waits for its other calls", async () => {
    await planned(3);
    const slow = Promise.withResolvers<Outcome>();
    const answers = [later429, slow.promise];
    const { carrier } = aCarrier(() => answers.shift()!);
    const delivering = deliverDue(database, { carrier, limit: 2, rules: { concurrency: 2 } });
    await until(
      async () => (await database.selectFrom("channels").selectAll().execute()).length > 0,
    );
    expect(await deliverDue(database)).toMatchObject({ claimed: 0 });
    slow.resolve(accepted);
    expect(await delivering).toMatchObject({ accepted: 1, mustRest: true });
  });

  it("is waited for even when it names no time to speak of", async () => {
    await planned(1);
    const { carrier, handed } = aCarrier(() => ({ ...busy, counted: false, retryAfterMs: 0 }));
    await deliverDue(database, { carrier });
    await deliverDue(database, { carrier, at: later(monday, { seconds: 0.9 }) });
    expect(handed).toHaveLength(1);
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
    const { carrier, handed } = aCarrier(() => ({
      kind: "misconfigured",
      code: "401",
      detail: "bad key",
    }));
    await deliverDue(database, { carrier, rules: { concurrency: 4 } });
    expect(handed.length).toBeLessThanOrEqual(4);
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

describe("a batch of which it cannot be asked what is to be taken back", () => {
  it("is given back at once", async () => {
    await planned(3);
    const { carrier } = aCarrier();
    const batch = { limit: 10, now: () => monday, stopping: new AbortController().signal };
    const takeBack = () => Promise.reject(new Error("the connection was lost"));
    await expect(
      deliver(database, aComposer(), aDelivery(carrier), { ...batch, takeBack }),
    ).rejects.toThrow("the connection was lost");
    expect(await database.selectFrom("claims").execute()).toEqual([]);
    expect(await deliverDue(database, { carrier })).toMatchObject({ accepted: 3 });
  });
});
