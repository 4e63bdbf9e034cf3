import { beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../src/channel/channel.ts";
import { channelStates, resumeChannel, throttleChannel } from "../../src/message/channel-state.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aCarrier, aJourney, deliverDue, plan } from "./ledger.ts";

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
