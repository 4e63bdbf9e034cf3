import { beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../src/channel/channel.ts";
import { channelStates, resumeChannel, throttleChannel } from "../../src/message/channel-state.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aCarrier, aJourney, accepted, deliverDue, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const throttled: Outcome = {
  kind: "later",
  code: "429",
  detail: "too many requests",
  retryAfterMs: 3_600_000,
  counted: false,
  throttle: true,
};
const email = [{ name: "email", provider: "pigeon" }];

describe("a channel that was told to wait", () => {
  test("hands over again when an operator resumes it, what was put off first of all", async () => {
    await plan(database, [await aCustomer(database)], { journey: await aJourney(database) });
    await deliverDue(database, { carrier: aCarrier(() => throttled).carrier });
    expect(await channelStates(database, email, monday)).toMatchObject([
      { throttledUntil: later(monday, { hours: 1 }) },
    ]);
    const soon = later(monday, { minutes: 1 });
    expect(await resumeChannel(database, "email", soon)).toBe(true);
    expect(await channelStates(database, email, soon)).toMatchObject([{ throttledUntil: null }]);
    expect(await deliverDue(database, { at: soon })).toMatchObject({ accepted: 1 });
    expect(await resumeChannel(database, "email", soon)).toBe(false);
  });

  test("waits no longer than that, whatever the clock of the worker that was told", async () => {
    const now = new Date();
    const ahead = later(now, { days: 1 });
    await throttleChannel(database, "email", "pigeon", later(ahead, { minutes: 1 }), ahead);
    expect(await channelStates(database, email, later(now, { minutes: 2 }))).toMatchObject([
      { throttledUntil: null },
    ]);
  });

  test("is not called before by a worker whose clock is ahead", async () => {
    const now = new Date();
    const journey = await aJourney(database);
    await plan(database, [await aCustomer(database)], { journey, at: now });
    await throttleChannel(database, "email", "pigeon", later(now, { minutes: 1 }), now);
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier, at: later(now, { hours: 2 }) });
    expect(handed).toHaveLength(0);
  });
});

describe("a provider that nobody reaches", () => {
  const unconnected: Outcome = {
    kind: "later",
    code: "CERT_HAS_EXPIRED",
    detail: "certificate has expired",
    retryAfterMs: null,
    counted: false,
    throttle: false,
    unconnected: true,
  };
  const customers = (count: number) =>
    Promise.all(Array.from({ length: count }, () => aCustomer(database)));

  test("is called for the first messages of a batch alone, and the others stay due", async () => {
    await plan(database, await customers(60), { journey: await aJourney(database) });
    const { carrier, handed } = aCarrier(() => unconnected);
    expect(await deliverDue(database, { carrier, rules: { concurrency: 8 } })).toMatchObject({
      accepted: 0,
      mustRest: true,
      isAnswered: false,
      unconnected: "no connection: its certificate has expired (CERT_HAS_EXPIRED)",
    });
    expect(handed.length).toBeLessThanOrEqual(8);
    expect(await deliverDue(database)).toMatchObject({ accepted: 60 - handed.length });
  });

  test("is given up in the middle of a batch once as many calls fail as there are slots", async () => {
    await plan(database, await customers(60), { journey: await aJourney(database) });
    const answers = aCarrier(() => (handed.length <= 20 ? accepted : unconnected));
    const { carrier, handed } = answers;
    const delivered = await deliverDue(database, { carrier, rules: { concurrency: 8 } });
    expect(delivered).toMatchObject({ accepted: 20, mustRest: true, isAnswered: false });
    expect(handed.length).toBeLessThanOrEqual(20 + 2 * 8);
  });

  test("may fail a call now and then: the others of the batch go out", async () => {
    await plan(database, await customers(40), { journey: await aJourney(database) });
    const { carrier, handed } = aCarrier(() => (handed.length % 10 === 5 ? unconnected : accepted));
    expect(await deliverDue(database, { carrier })).toMatchObject({
      accepted: 36,
      mustRest: false,
      isAnswered: true,
      unconnected: null,
    });
  });

  test("is tried again within five minutes, however long it has been out of reach", async () => {
    await plan(database, await customers(1), { journey: await aJourney(database) });
    const { carrier } = aCarrier(() => unconnected);
    let at = monday;
    for (let attempt = 1; attempt <= 12; attempt++) {
      await deliverDue(database, { carrier, at, rules: { random: () => 1 } });
      const [message] = await ledger(database);
      expect(message).toMatchObject({ state: "retry", strikes: 0, attempts: attempt });
      const waitsMs = (message?.due_at.getTime() ?? 0) - at.getTime();
      expect(waitsMs).toBeLessThanOrEqual(5 * 60_000);
      at = later(at, { minutes: 5 });
    }
  });
});
