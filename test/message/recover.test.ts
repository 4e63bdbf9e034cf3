import { hash } from "node:crypto";
import { sql } from "kysely";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Outcome, Provider } from "../../src/channel/channel.ts";
import { forkProviderStub } from "../../src/channel/provider-stub-process.ts";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { armFaults } from "../../src/fault.ts";
import { type Claim, claim, endClaim, release } from "../../src/message/claim.ts";
import { compose } from "../../src/message/compose.ts";
import { lookUpUnknown } from "../../src/message/look-up.ts";
import { type Cleared, openSending } from "../../src/message/open-sending.ts";
import { recordOutcomes } from "../../src/message/record.ts";
import { dueChannels, recoverMessages } from "../../src/message/recover.ts";
import { replayMessages } from "../../src/message/replay.ts";
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

async function planOne(given: { class?: "transactional" } = {}): Promise<void> {
  await plan(database, [await aCustomer(database)], {
    journey: await aJourney(database),
    ...given,
  });
}

const taking = { channel: "email", limit: 1, now: monday, leaseSeconds: 60 };
const takeOne = () => claim(database, taking);
async function isSomebodyClaiming(): Promise<boolean> {
  const { rows } = await sql`select from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())`.execute(
    database,
  );
  return rows.length > 0;
}
/** As opening leaves the messages of a claim. */
const opened = (claimId: string) =>
  sql`update messages set state = 'sending', claim_id = ${claimId}, attempts = 1, sent_at = ${monday}`.execute(
    database,
  );
/** Renders and opens what was claimed, and calls nobody. */
async function open({ id, messages }: Claim): Promise<readonly Cleared[]> {
  const { composed } = await compose(database, aComposer(), messages, monday);
  const held = { claim: id, channel: "email" };
  return openSending(database, held, composed, aDelivery(aCarrier().carrier), monday);
}
const leaseEnds = () =>
  sql`update claims set lease_until = clock_timestamp() - interval '1 second'`.execute(database);
const absent: Outcome = {
  kind: "later",
  code: "absent",
  detail: "",
  retryAfterMs: 0,
  counted: false,
  throttle: false,
};
const state = async () => (await ledger(database))[0]?.state;

/** A worker that is killed during the call: its row is sending and nobody answers for it. */
async function dieDuringCall(): Promise<void> {
  const stuck = aCarrier(() => new Promise(() => {}));
  void deliverDue(database, { carrier: stuck.carrier });
  while (stuck.handed.length === 0) await new Promise((done) => setTimeout(done, 5));
  await leaseEnds();
}

describe("a worker that dies", () => {
  it("before the call loses nothing: others claim the message once its lease is over", async () => {
    await planOne();
    await takeOne();
    const nothing = { ended: 0, unknown: 0, retried: 0 };
    expect(await recoverMessages(database, monday)).toEqual(nothing);
    expect(await deliverDue(database)).toMatchObject({ claimed: 0 });
    await leaseEnds();
    expect(await recoverMessages(database, monday)).toEqual({ ...nothing, ended: 1 });
    expect(await deliverDue(database)).toMatchObject({ accepted: 1 });
  });

  it("during the call leaves a marketing message unknown, and it is not sent again", async () => {
    await planOne();
    await dieDuringCall();
    expect(await recoverMessages(database, monday)).toMatchObject({ unknown: 1 });
    const nextDay = later(monday, { hours: 20 });
    await recoverMessages(database, nextDay);
    expect(await deliverDue(database, { at: nextDay })).toMatchObject({ claimed: 0 });
    expect(await state()).toBe("unknown");
  });

  it("during the call has a transactional message sent again after a while", async () => {
    await planOne({ class: "transactional" });
    await dieDuringCall();
    await recoverMessages(database, monday);
    expect(await recoverMessages(database, later(monday, { minutes: 15 }))).toMatchObject({
      retried: 0,
    });
    expect(await recoverMessages(database, later(monday, { minutes: 16 }))).toMatchObject({
      retried: 1,
    });
    expect(await deliverDue(database, { at: later(monday, { minutes: 16 }) })).toMatchObject({
      accepted: 1,
    });
  });

  it("for a while, between the commit and the call, and wakes, calls nobody and gives back what was given up", async () => {
    await planOne();
    const { carrier, handed } = aCarrier();
    // All the time there is for a call is over when it would begin.
    const rules = { deadlineMs: 60_000, leaseSeconds: 60 };
    await deliverDue(database, { carrier, rules });
    expect(handed).toEqual([]);
    expect(await state()).toBe("retry");
    expect(await database.selectFrom("attempts").select(["outcome", "code"]).execute()).toEqual([
      { outcome: "later", code: "not_called" },
    ]);
    expect(await deliverDue(database, { carrier })).toMatchObject({ accepted: 1 });
  });

  it("for longer than its lease, before it calls, gives back what was given up, without a word of a call", async () => {
    await planOne();
    const taken = await takeOne();
    await open(taken);
    await leaseEnds();
    await recoverMessages(database, monday);
    expect(await ledger(database)).toMatchObject([
      { state: "unknown", reason: "the worker stopped during the call" },
    ]);
    await release(database, taken.id, taken.messages, monday);
    expect(await ledger(database)).toMatchObject([{ state: "retry", reason: null }]);
  });

  it("keeps no sweeper waiting when it hangs in a transaction over one of them", async () => {
    const journey = await aJourney(database);
    for (const step of ["held", "free"])
      await plan(database, [await aCustomer(database)], { journey, step });
    const { id } = await claim(database, { ...taking, limit: 2 });
    await opened(id);
    await leaseEnds();
    await database.transaction().execute(async (hanging) => {
      await sql`select from messages where step = 'held' for update`.execute(hanging);
      expect(await recoverMessages(database, monday)).toMatchObject({ unknown: 1, ended: 0 });
    });
    expect(await recoverMessages(database, monday)).toMatchObject({ unknown: 1, ended: 1 });
  });

  it("is stopped while it claims, and keeps the others from claiming for seconds only", async () => {
    await planOne();
    armFaults([{ point: "claim", action: "hang", passing: 1 }]);
    const stopped = takeOne();
    while (!(await isSomebodyClaiming())) continue;
    expect((await takeOne()).messages).toHaveLength(1);
    armFaults([]);
    await expect(stopped).rejects.toThrow("connection");
  });

  it("in the sweeper's eyes only has its messages back when it gives them back uncalled", async () => {
    await planOne();
    const held = await takeOne();
    await opened(held.id);
    await leaseEnds();
    await recoverMessages(database, monday);
    expect(await state()).toBe("unknown");
    await release(database, held.id, held.messages, monday);
    expect(await state()).toBe("retry");
  });

  it("and comes back when another has opened its message writes nothing", async () => {
    await planOne();
    const zombie = await takeOne();
    await opened(zombie.id);
    await leaseEnds();
    await recoverMessages(database, monday);
    await replayMessages(database, { states: ["unknown"], now: monday });
    await deliverDue(database, {
      carrier: aCarrier(() => ({ kind: "refused", of: "message", code: "400", detail: "no" }))
        .carrier,
    });
    await recordOutcomes(
      database,
      zombie.id,
      zombie.messages.map((message) => ({ message, address: "x@example.com", outcome: accepted })),
      { attempts: 3, now: monday, random: () => 0 },
    );
    await release(database, zombie.id, zombie.messages, monday);
    expect(await state()).toBe("failed");
  });

  it("and comes back when its claim was given up opens nothing", async () => {
    await planOne();
    const zombie = await takeOne();
    await leaseEnds();
    await recoverMessages(database, monday);
    expect(await open(zombie)).toEqual([]);
    expect(await state()).toBe("planned");
  });

  it("leaves a claim that two of them hold to the one that opens first, also after it was put off", async () => {
    await planOne();
    const late = await takeOne();
    await leaseEnds();
    const busy: Outcome = { ...absent, code: "busy", retryAfterMs: 1000 };
    await deliverDue(database, { carrier: aCarrier(() => busy).carrier });
    await sql`update claims set lease_until = clock_timestamp() + interval '1 hour'`.execute(
      database,
    );
    expect(await open(late)).toEqual([]);
    expect(await state()).toBe("retry");
  });

  it("leaves the call to the worker that has opened its message since", async () => {
    await planOne();
    await takeOne();
    await leaseEnds();
    const { id } = await takeOne();
    await opened(id);
    expect(await recoverMessages(database, monday)).toEqual({ ended: 1, unknown: 0, retried: 0 });
    expect(await state()).toBe("sending");
  });

  it("with an answer that it could not write keeps its claim until the lease is over", async () => {
    await planOne();
    const held = await takeOne();
    await opened(held.id);
    await endClaim(database, held.id);
    expect(await database.selectFrom("claims").select("id").execute()).toEqual([{ id: held.id }]);
    await release(database, held.id, held.messages, monday);
    await endClaim(database, held.id);
    expect(await database.selectFrom("claims").execute()).toEqual([]);
  });
});

it("an answer that came while the worker slept past its deadline is read", async () => {
  await planOne();
  const stub = await forkProviderStub({ seed: "sleep", behaviour: { faults: {}, answerMs: 50 } });
  const carrier = createSendgrid({ apiKey: "key", baseUrl: stub.url });
  const delivered = deliverDue(database, { carrier, rules: { deadlineMs: 1500 } });
  await vi.waitFor(async () => expect((await stub.count()).requests).toBe(1), { interval: 5 });
  // As a machine that is put to sleep does.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1700);
  expect(await delivered).toMatchObject({ accepted: 1 });
  await carrier.close();
  await stub.close();
});

describe("an unknown outcome", () => {
  const timeOut = () => aCarrier(() => ({ kind: "unknown", code: "timeout", detail: "" })).carrier;
  const lookUp = (answer: NonNullable<Provider["lookUp"]>) =>
    lookUpUnknown(database, {
      channel: "email",
      carrier: { ...aCarrier().carrier, lookUp: answer },
      limit: 10,
      deadlineMs: 1000,
      now: later(monday, { minutes: 3 }),
      stopping: new AbortController().signal,
    });

  it.each([
    ["accepted", accepted, 1, "accepted"],
    ["absent", absent, 1, "retry"],
    ["undecided", undefined, 0, "unknown"],
  ] as const)("that the provider knows as %s is resolved so", async (_, answer, count, becomes) => {
    await planOne();
    await deliverDue(database, { carrier: timeOut() });
    expect(await lookUp(async () => answer)).toBe(count);
    expect(await state()).toBe(becomes);
  });

  it("is asked about by what was handed over, whatever the message would read now", async () => {
    const journey = await aJourney(database);
    await plan(database, [await aCustomer(database)], { journey, template: "shop" });
    const { carrier, handed } = aCarrier(() => ({ kind: "unknown", code: "timeout", detail: "" }));
    const askable = { ...carrier, lookUp: async () => undefined };
    await deliverDue(database, { carrier: askable });
    await sql`update messages set template = 'broken'`.execute(database);
    const asked: (string | null)[] = [];
    const ask = () => lookUp(async ({ textSha256 }) => void asked.push(textSha256));
    await ask();
    await sql`update attempts set opened_at = opened_at - interval '3 minutes'`.execute(database);
    await ask();
    expect(handed[0]?.text).toContain("/c/");
    expect(asked).toEqual([null, hash("sha256", handed[0]?.text ?? "")]);
  });

  it("is resolved whatever becomes of its neighbours, such as a look-up that fails", async () => {
    const journey = await aJourney(database);
    for (const step of ["undecided", "fails", "told"])
      await plan(database, [await aCustomer(database)], { journey, step });
    await deliverDue(database, { carrier: timeOut() });
    const [undecided, fails] = await ledger(database);
    const resolved = await lookUp(async ({ deliveryId }) => {
      if (deliveryId === fails?.delivery_id) throw new Error("no answer");
      return deliveryId === undecided?.delivery_id ? undefined : accepted;
    });
    expect(resolved).toBe(1);
    expect((await ledger(database)).map(({ state }) => state)).toEqual([
      "unknown",
      "unknown",
      "accepted",
    ]);
  });

  it("of a receipt is tried again a few times and then left to people, not to the day's end", async () => {
    await planOne({ class: "transactional" });
    let calls = 0;
    for (let hour = 0; hour < 20; hour++) {
      const at = later(monday, { hours: hour });
      await recoverMessages(database, at);
      const { claimed } = await deliverDue(database, { carrier: timeOut(), at });
      calls += claimed;
    }
    expect(calls).toBe(4);
    expect(await state()).toBe("unknown");
  });
});

describe("dead letters", () => {
  it("are sent when they are replayed, with a new term", async () => {
    await planOne();
    await deliverDue(database, {
      carrier: aCarrier(() => ({ kind: "refused", of: "message", code: "400", detail: "no" }))
        .carrier,
    });
    const nextWeek = later(monday, { days: 7 });
    expect(await replayMessages(database, { states: ["failed"], now: nextWeek })).toEqual({
      email: 1,
    });
    expect(await deliverDue(database, { at: nextWeek })).toMatchObject({ accepted: 1 });
  });

  it("of unknown outcome are replayed only on purpose", async () => {
    await planOne();
    await deliverDue(database, {
      carrier: aCarrier(() => ({ kind: "unknown", code: "timeout", detail: "" })).carrier,
    });
    expect(await replayMessages(database, { states: ["failed", "expired"], now: monday })).toEqual(
      {},
    );
    expect(await replayMessages(database, { states: ["unknown"], now: monday })).toEqual({
      email: 1,
    });
  });
});

it("the sweeper finds the channels that have something due, and no others", async () => {
  const journey = await aJourney(database);
  await plan(database, [await aCustomer(database)], { journey, by: ["email"] });
  await plan(database, [await aCustomer(database)], {
    journey,
    by: ["sms"],
    step: "text",
    at: later(monday, { hours: 1 }),
  });
  expect(await dueChannels(database, monday)).toEqual(["email"]);
  expect(await dueChannels(database, later(monday, { hours: 1 }))).toEqual(["email", "sms"]);
  await database.updateTable("journeys").set({ state: "paused" }).execute();
  expect(await dueChannels(database, later(monday, { hours: 1 }))).toEqual([]);
});
