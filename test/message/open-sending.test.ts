import { sql } from "kysely";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { takeBack } from "../../src/enrollment/take-back.ts";
import { claim } from "../../src/message/claim.ts";
import { type Composed, compose } from "../../src/message/compose.ts";
import { openSending } from "../../src/message/open-sending.ts";
import { suppressPlanned } from "../../src/tracking/leaving.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, agree, later, monday } from "../support/people.ts";
import { aCarrier, aComposer, aDelivery, aJourney, deliverDue, ledger, plan } from "./ledger.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const outcome = async () =>
  (await ledger(database)).map(({ state, reason }) => ({ state, reason }));
const claiming = { channel: "email", limit: 1, leaseSeconds: 60 };
const isSomebodyWaiting = async (session: Database) => {
  const { rows } = await sql<{ waits: boolean }>`
    select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))) as waits`.execute(
    session,
  );
  return rows[0]?.waits === true;
};

/** Opens a claim's messages beside the transaction, which has them locked, and returns once that has to wait for it. */
async function openingThatWaits(
  transaction: Database,
  claimId: string,
  batch: readonly Composed[],
) {
  const rules = aDelivery(aCarrier().carrier);
  const opening = openSending(database, { claim: claimId, channel: "email" }, batch, rules, monday);
  while (!(await isSomebodyWaiting(transaction))) continue;
  return { opening };
}
const fourDays = { months: 0, days: 4, seconds: 0 };
const clockTime = (minutes: number) => new Date(minutes * 60_000).toISOString().slice(11, 16);
const isWithin = ({ from, until }: { from: string; until: string }, time: string) =>
  time >= from && time < until;

/** Each whole quarter of an hour before `until`, back to `from`, and the last moment before it. */
function quartersFrom(from: Date, until: Date): number[] {
  const quarters = Math.ceil((until.getTime() - from.getTime()) / 900_000);
  const instants = Array.from({ length: quarters }, (_, i) => until.getTime() - 1 - i * 900_000);
  return [...instants.filter((instant) => instant > from.getTime()), from.getTime()];
}

/** Nights in which clocks are changed somewhere, as often as any other time. */
const someInstant = fc.oneof(
  fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true }),
  fc
    .tuple(
      fc.constantFrom("03-08", "03-28", "04-04", "04-24", "10-03", "10-24", "11-01"),
      fc.integer({ min: 0, max: 36 * 60 }),
    )
    .map(([day, minutes]) => later(new Date(`2026-${day}`), { minutes })),
);
const someHours = fc
  .tuple(fc.integer({ min: 0, max: 1438 }), fc.integer({ min: 1, max: 1439 }))
  .filter(([from, until]) => from < until)
  .map(([from, until]) => ({ from: clockTime(from), until: clockTime(until) }));

/** A clock for each zone that this Node and the server know alike: their tables are of different years. */
async function clocksOfTheWorld(): Promise<ReadonlyMap<string, Intl.DateTimeFormat>> {
  const clocks = new Map(
    Intl.supportedValuesOf("timeZone").map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }),
    ]),
  );
  const { rows } = await sql<{ zone: string; at: Date; time: string }>`
    select name as zone, at, to_char(at at time zone name, 'HH24:MI') as time
    from pg_timezone_names, generate_series('2026-01-01Z'::timestamptz, '2028-01-07Z', '7 days') as at`.execute(
    database,
  );
  const known = new Set(rows.map(({ zone }) => zone));
  const differ = rows.filter(({ zone, at, time }) => {
    const clock = clocks.get(zone);
    return clock !== undefined && clock.format(at) !== time;
  });
  const strange = new Set(differ.map(({ zone }) => zone));
  return new Map([...clocks].filter(([zone]) => known.has(zone) && !strange.has(zone)));
}
const daytime = { hours: { from: "08:00", until: "21:00" } };

describe("the last look before sending", () => {
  it("a customer who unsubscribed after planning receives nothing", async () => {
    const id = await aCustomer(database);
    await plan(database, [id], { journey: await aJourney(database) });
    await agree(database, id, { channel: "email", state: "withdrawn", at: monday });
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier });
    expect(handed).toEqual([]);
    expect(await outcome()).toEqual([{ state: "suppressed", reason: "no consent" }]);
  });

  it("a message taken back at the very moment of the look stays", async () => {
    await plan(database, [await aCustomer(database)], { journey: await aJourney(database) });
    const held = await claim(database, { ...claiming, now: monday });
    const { composed } = await compose(database, aComposer(), held.messages, monday);
    const look = await database.transaction().execute(async (transaction) => {
      const [row] = await ledger(transaction);
      await takeBack(transaction, [row!.enrollment_id]);
      return openingThatWaits(transaction, held.id, composed);
    });
    expect(await look.opening).toEqual([]);
    expect(await outcome()).toEqual([{ state: "suppressed", reason: "stopped" }]);
  });

  it("a withdrawal that commits while the batch is being opened counts, though it was read before", async () => {
    const id = await aCustomer(database);
    await plan(database, [id], { journey: await aJourney(database) });
    const held = await claim(database, { ...claiming, now: monday });
    const { composed } = await compose(database, aComposer(), held.messages, monday);
    const left = { channel: "email", topic: "offers" };
    const leaving = await database.transaction().execute(async (transaction) => {
      await agree(transaction, id, { ...left, state: "withdrawn", at: monday });
      await suppressPlanned(transaction, [{ ...left, customerId: id }], monday);
      return openingThatWaits(transaction, held.id, composed);
    });
    expect(await leaving.opening).toEqual([]);
    expect(await outcome()).toEqual([{ state: "suppressed", reason: "unsubscribed" }]);
  });

  it("a customer who unsubscribes while a message is being retried receives nothing more", async () => {
    const id = await aCustomer(database);
    await plan(database, [id], { journey: await aJourney(database) });
    const busy = aCarrier(() => ({
      kind: "later",
      code: "busy",
      detail: "",
      retryAfterMs: 1000,
      counted: true,
      throttle: false,
    }));
    await deliverDue(database, { carrier: busy.carrier });
    await agree(database, id, { topic: "offers", state: "withdrawn", at: monday });
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier, at: later(monday, { minutes: 5 }) });
    expect(handed).toEqual([]);
  });

  it("consent that has run out is no consent, one second before it still is", async () => {
    const journey = await aJourney(database);
    for (const [step, expires] of [
      ["out", monday],
      ["still", later(monday, { seconds: 1 })],
    ] as const) {
      const id = await aCustomer(database, { consent: false });
      await database
        .insertInto("consents")
        .values({
          customer_id: id,
          channel: "email",
          topic: "offers",
          state: "granted",
          method: "import",
          occurred_at: later(monday, { days: -700 }),
          expires_at: later(monday, { days: 1 }),
        })
        .execute();
      await plan(database, [id], { journey, step });
      await database
        .updateTable("current_consents")
        .set({ expires_at: expires })
        .where("customer_id", "=", id)
        .execute();
    }
    await deliverDue(database);
    expect((await outcome()).map(({ state }) => state)).toEqual(["suppressed", "accepted"]);
  });

  it("keeps the consent that allowed the message", async () => {
    const id = await aCustomer(database);
    await plan(database, [id], { journey: await aJourney(database) });
    await deliverDue(database);
    const consent = await database.selectFrom("consents").select("id").executeTakeFirstOrThrow();
    expect((await ledger(database))[0]?.consent_id).toBe(consent.id);
  });

  it("an address that bounced meanwhile is not used, a corrected one is", async () => {
    const [dead, moved] = [
      await aCustomer(database, { email: "dead@example.com" }),
      await aCustomer(database),
    ];
    await plan(database, [dead, moved], { journey: await aJourney(database) });
    await database
      .insertInto("suppressions")
      .values({
        channel: "email",
        address: "dead@example.com",
        reason: "bounced",
        created_at: monday,
      })
      .execute();
    await database
      .updateTable("customers")
      .set({ email: "new@example.com" })
      .where("id", "=", moved)
      .execute();
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier });
    expect(handed.map(({ to }) => to)).toEqual(["new@example.com"]);
    expect((await outcome())[0]).toEqual({ state: "suppressed", reason: "address bounced" });
  });

  it("a message later than the journey allows expires instead of being sent", async () => {
    await plan(database, [await aCustomer(database)], {
      journey: await aJourney(database),
      lateness: { months: 0, days: 0, seconds: 7200 },
    });
    const { carrier, handed } = aCarrier();
    await deliverDue(database, { carrier, at: later(monday, { hours: 2 }) });
    expect(handed).toEqual([]);
    expect(await outcome()).toEqual([
      { state: "expired", reason: "later than the journey allows" },
    ]);
  });

  it("a paused journey sends nothing until it is resumed", async () => {
    const journey = await aJourney(database);
    await plan(database, [await aCustomer(database)], { journey });
    await database.updateTable("journeys").set({ state: "paused" }).execute();
    expect(await deliverDue(database)).toMatchObject({ claimed: 0 });
    await database.updateTable("journeys").set({ state: "active" }).execute();
    expect(await deliverDue(database)).toMatchObject({ accepted: 1 });
  });
});

describe("permitted hours", () => {
  it.each([
    ["America/Los_Angeles", "2026-01-12T12:00:00Z", "2026-01-12T16:00:00.000Z"],
    ["Asia/Tokyo", "2026-01-12T12:00:00Z", "2026-01-12T23:00:00.000Z"],
    ["Europe/London", "2026-01-12T07:59:59Z", "2026-01-12T08:00:00.000Z"],
    ["Europe/London", "2026-03-28T23:00:00Z", "2026-03-29T07:00:00.000Z"],
  ])("make a customer in %s at %s wait until %s", async (zone, at, opens) => {
    await plan(database, [await aCustomer(database, { zone })], {
      journey: await aJourney(database),
      at: new Date(at),
    });
    await deliverDue(database, { rules: daytime, at: new Date(at) });
    expect(await ledger(database)).toMatchObject([
      { state: "planned", reason: "outside the permitted hours", due_at: new Date(opens) },
    ]);
    expect(await deliverDue(database, { rules: daytime, at: new Date(opens) })).toMatchObject({
      accepted: 1,
    });
  });

  it.each(["2026-01-12T08:00:00Z", "2026-01-12T20:59:59Z"])("include %s in London", async (at) => {
    await plan(database, [await aCustomer(database, { zone: "Europe/London" })], {
      journey: await aJourney(database),
      at: new Date(at),
    });
    expect(await deliverDue(database, { rules: daytime, at: new Date(at) })).toMatchObject({
      accepted: 1,
    });
  });

  it("suit all zones a customer of unknown zone may be in", async () => {
    const rules = { ...daytime, unknownZones: ["America/New_York", "America/Los_Angeles"] };
    const at = new Date("2026-01-12T15:00:00Z");
    await plan(database, [await aCustomer(database)], { journey: await aJourney(database), at });
    await deliverDue(database, { rules, at });
    expect(await ledger(database)).toMatchObject([
      { state: "planned", due_at: new Date("2026-01-12T16:00:00Z") },
    ]);
  });

  it("open to a customer of unknown zone at the first hour that suits all, or not at all", async () => {
    const journey = await aJourney(database);
    // Ten at night in London. It is eight in the morning in Auckland when it is seven in the evening there.
    const at = new Date("2026-01-12T22:00:00Z");
    await plan(database, [await aCustomer(database)], { journey, at });
    const rules = { ...daytime, unknownZones: ["Pacific/Auckland", "Europe/London"] };
    await deliverDue(database, { rules, at });
    expect(await ledger(database)).toMatchObject([{ due_at: new Date("2026-01-13T19:00:00Z") }]);
    const narrow = { hours: { from: "08:00", until: "09:00" }, unknownZones: rules.unknownZones };
    await deliverDue(database, { rules: narrow, at: new Date("2026-01-13T19:00:00Z") });
    expect(await outcome()).toEqual([
      { state: "expired", reason: "the permitted hours begin too late" },
    ]);
  });

  it("are kept in every zone of the world, from the first minute, at each change of clocks", async () => {
    const clocks = await clocksOfTheWorld();
    const zones = [...clocks.keys()];
    const customers = await Promise.all(zones.map((zone) => aCustomer(database, { zone })));
    const journey = await aJourney(database);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(someInstant, someHours, async (at, hours) => {
        const step = `round-${(round += 1)}`;
        await sql`truncate messages, attempts cascade`.execute(database);
        await plan(database, customers, { journey, at, step, lateness: fourDays });
        await deliverDue(database, { at, limit: 1000, rules: { hours, concurrency: 500 } });
        const rows = await ledger(database);
        const wrong = rows.filter(({ state, due_at, customer_id }) => {
          const clock = clocks.get(zones[customers.indexOf(customer_id ?? "")] ?? "");
          const isOpen = (instant: number) => isWithin(hours, clock?.format(instant) ?? "");
          if (state === "accepted") return !isOpen(at.getTime());
          return !isOpen(due_at.getTime()) || quartersFrom(at, due_at).some(isOpen);
        });
        const places = wrong.map((row) => [
          zones[customers.indexOf(row.customer_id ?? "")],
          row.due_at,
        ]);
        expect(places).toEqual([]);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it("do not hold up a receipt", async () => {
    const at = new Date("2026-01-12T03:00:00Z");
    await plan(database, [await aCustomer(database)], {
      journey: await aJourney(database),
      at,
      class: "transactional",
    });
    expect(await deliverDue(database, { rules: daytime, at })).toMatchObject({ accepted: 1 });
  });

  it("that begin too late make the message expire", async () => {
    const at = new Date("2026-01-12T22:00:00Z");
    await plan(database, [await aCustomer(database)], {
      journey: await aJourney(database),
      at,
      lateness: { months: 0, days: 0, seconds: 3600 },
    });
    await deliverDue(database, { rules: daytime, at });
    expect(await outcome()).toEqual([
      { state: "expired", reason: "the permitted hours begin too late" },
    ]);
  });
});

describe("the frequency cap", () => {
  const aWeek = { months: 0, days: 7, seconds: 0 };
  const capped = { caps: [{ channel: "email", topic: null, count: 2, within: aWeek }] };
  const week = { months: 0, days: 9, seconds: 0 };

  it("lets so many through over all journeys, and the next when a place is free again", async () => {
    const id = await aCustomer(database);
    for (let day = 0; day < 3; day++) {
      const at = later(monday, { days: day });
      await plan(database, [id], {
        journey: await aJourney(database),
        step: `s${day}`,
        at,
        lateness: week,
      });
      await deliverDue(database, { rules: capped, at });
    }
    expect(await ledger(database)).toMatchObject([
      { state: "accepted" },
      { state: "accepted" },
      { state: "planned", reason: "frequency cap", due_at: later(monday, { days: 7 }) },
    ]);
    expect(
      await deliverDue(database, { rules: capped, at: later(monday, { days: 7 }) }),
    ).toMatchObject({ accepted: 1 });
  });

  it("holds within one batch and between workers", async () => {
    const id = await aCustomer(database);
    for (let i = 0; i < 6; i++)
      await plan(database, [id], { journey: await aJourney(database), step: `s${i}` });
    const { carrier, handed } = aCarrier();
    await Promise.all(
      [1, 2, 3].map(() => deliverDue(database, { carrier, rules: capped, limit: 2 })),
    );
    expect(handed).toHaveLength(2);
    expect((await outcome()).filter(({ reason }) => reason === "frequency cap")).toHaveLength(4);
  });

  it("is not spent by what is passed over, and counts a neighbour and an earlier message alike", async () => {
    const [unwilling, busy] = [await aCustomer(database), await aCustomer(database)];
    const once = { caps: [{ channel: "email", topic: null, count: 1, within: aWeek }] };
    const journey = await aJourney(database);
    await plan(database, [unwilling], { journey, step: "news", topic: "news" });
    await plan(database, [unwilling], { journey, step: "offer" });
    await agree(database, unwilling, { topic: "news", state: "withdrawn", at: monday });
    await deliverDue(database, { rules: once });
    expect((await outcome()).map(({ state }) => state)).toEqual(["suppressed", "accepted"]);

    await plan(database, [busy], { journey, step: "first" });
    await deliverDue(database, { rules: capped });
    const tuesday = later(monday, { days: 1 });
    for (const step of ["second", "third"])
      await plan(database, [busy], { journey, step, at: tuesday, lateness: week });
    await deliverDue(database, { rules: capped, at: tuesday });
    expect((await ledger(database)).slice(2)).toMatchObject([
      { step: "first", state: "accepted" },
      { step: "second", state: "accepted" },
      { step: "third", state: "planned", due_at: later(monday, { days: 7 }) },
    ]);
  });

  it("does not count receipts nor stop them", async () => {
    const id = await aCustomer(database);
    for (let i = 0; i < 4; i++)
      await plan(database, [id], {
        journey: await aJourney(database),
        step: `s${i}`,
        class: "transactional",
      });
    await plan(database, [id], { journey: await aJourney(database), step: "news" });
    expect(await deliverDue(database, { rules: capped })).toMatchObject({ accepted: 5 });
  });
});
