import { beforeEach, expect, test } from "vitest";
import { channelStates } from "../../src/message/channel-state.ts";
import { lastDay, sentOn } from "../../src/message/last-day.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aCarrier, accepted, aJourney, deliverDue, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

test("the last day counts what went out by the hour, what came back apart, and what only waits", async () => {
  const journey = await aJourney(database);
  const customers = [await aCustomer(database), await aCustomer(database)];
  const refusing = aCarrier(({ to }) =>
    to === "no@example.com"
      ? { kind: "refused", of: "message", code: "550", detail: "no" }
      : accepted,
  );
  await plan(database, [...customers, await aCustomer(database, { email: "no@example.com" })], {
    journey,
  });
  await deliverDue(database, { carrier: refusing.carrier });
  await plan(database, customers, { journey, step: "more", at: later(monday, { hours: 2 }) });

  const day = await lastDay(database, later(monday, { hours: 2 }));
  expect(day.counts.toSorted((a, b) => a.state.localeCompare(b.state))).toEqual([
    { channel: "email", state: "accepted", ago: 2, count: 2 },
    { channel: "email", state: "failed", ago: 2, count: 1 },
    { channel: "email", state: "planned", ago: null, count: 2 },
  ]);
  expect(sentOn("email", day)).toEqual({ sent: 2, failed: 1 });
  expect(sentOn("sms", day)).toEqual({ sent: 0, failed: 0 });
  expect((await lastDay(database, later(monday, { days: 1, hours: 3 }))).counts).toHaveLength(0);
});

test("a channel says how many are due, and since when the oldest is", async () => {
  const journey = await aJourney(database);
  const ada = await aCustomer(database);
  await plan(database, [ada], { journey, at: later(monday, { hours: 1 }) });
  await plan(database, [ada], { journey, step: "receipt", class: "transactional" });
  await plan(database, [ada], { journey, step: "next", at: later(monday, { hours: 3 }) });
  const channels = [
    { name: "email", provider: "pigeon" },
    { name: "sms", provider: "pigeon" },
  ];
  expect(await channelStates(database, channels, later(monday, { hours: 2 }))).toMatchObject([
    { name: "email", due: 2, oldestDueAt: monday, inFlight: 0 },
    { name: "sms", due: 0, oldestDueAt: null, inFlight: 0 },
  ]);
});
