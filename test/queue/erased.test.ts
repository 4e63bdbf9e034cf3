import { sql } from "kysely";
import { beforeAll, describe, expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { findErasure } from "../../src/customer/erased-addresses.ts";
import { countPerson, erasePerson } from "../../src/customer/erase.ts";
import { tellPerson } from "../../src/customer/export-person.ts";
import { ingestBatch } from "../../src/customer/ingest.ts";
import { type Person, findPerson } from "../../src/customer/person.ts";
import { personal } from "../../src/customer/personal-tables.ts";
import { recordOutcome } from "../../src/enrollment/task-list.ts";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import { journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { react } from "../../src/enrollment/react.ts";
import { receiveReports } from "../../src/tracking/report-inbox.ts";
import { applyReports } from "../../src/tracking/reports.ts";
import { recordClick } from "../../src/tracking/clicks.ts";
import { recordOpen } from "../../src/tracking/opens.ts";
import { preferencesOf, savePreferences } from "../../src/tracking/preferences.ts";
import { unsubscribe } from "../../src/tracking/unsubscribe.ts";
import { deliver } from "../../src/message/deliver.ts";
import { aFile, importing } from "../customer/files.ts";
import { refuseNothing, refuseRows } from "../enrollment/refuse.ts";
import { aCarrier, aComposer, aDelivery, aJourney, plan } from "../message/ledger.ts";
import { aDatabase } from "../support/database.ts";
import { later, monday } from "../support/people.ts";
import { aService } from "../support/service.ts";
import { aReport, tokens } from "../tracking/sent.ts";
import { aWorker, applied, places, until } from "./house.ts";

/** Everything a customer says has this in it somewhere. */
const email = "canary@erase.example";
const phone = "+447911123456";
const secrets = () => ["a secret of at least thirty-two characters"];
const settings = { now: monday, country: "GB", zone: "Europe/London", currency: "GBP", secrets };

const database = await aDatabase();
const service = await aService();
const [[, place] = []] = places(database);

const journey = `
journey: welcome
start: { on: signed_up, again: always }
objective: { goal: order_completed, value: total, within: 30 days }
steps:
  - voucher: gifts
  - split: { one: 50, other: 50 }
    winner: { by: converted, within: 7 days, after: 100 }
    one: []
    other: []
  - id: check
    call: ${service.url}/check
    body: { who: customer.email, wish: entry.wish }
    within: 1 hour
    then:
      - task: { list: welcome-calls, do: "Ring and ask", outcomes: [reached], within: 3 days }
        reached: [{ send: hello, by: email }]
        else: []
      - { send: text, by: sms }
      - wait: 30 days
      - { send: later, by: email }
    else: []`;

const customersFile = [
  "customer_id,email,phone,first_name,last_name,city,shoe,consent.email,consent.sms,consent.at",
  `canary-1,${email},${phone},Canaryna,Canarysson,Canary Wharf,canary yellow,yes,yes,2025-06-01T00:00:00Z`,
];

/** Tables with a row that has the canary in it, in our schema and the queue's. */
async function canaries(): Promise<readonly string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select relnamespace::regnamespace || '.' || quote_ident(relname) as name from pg_class
    where relnamespace::regnamespace::text in ('waypost', 'waypost_queue') and relkind in ('r', 'p', 'm') and not relispartition
    order by 1`.execute(database);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.raw(name)} t
      where t::text ~* 'canary|7911123456|203\\.0\\.113\\.7'`.execute(database);
    if ((rows[0]?.count ?? 0) > 0) found.push(name.replace("waypost.", ""));
  }
  return found;
}

const tell = (...reports: Parameters<typeof aReport>[0][]) =>
  receiveReports(database, "pigeon", { reports: reports.map(aReport), unread: [] }, monday);
const apply = () => applyReports(database, later(monday, { minutes: 9 }), 100, secrets);
const ingest = (...messages: object[]) => ingestBatch(database, messages, settings);
const who = () => findPerson(database, email, ["email", "sms"]);

let canary: Person;
let deliveryId = "";
let linkId = "";

/** What every door of the product takes of a customer, and what every worker makes of it. */
async function live(): Promise<void> {
  const { examples } = await importing(database, "customers", aFile(customersFile), { secrets });
  expect(examples).toEqual([]);
  await importing(
    database,
    "orders",
    aFile([
      "order_number,customer_id,ordered_at,total,currency,product,quantity,price,colour",
      "canary-7,canary-1,2025-07-01,20,GBP,p-1,1,20,canary yellow",
    ]),
    { secrets },
  );
  await ingest(
    {
      type: "identify",
      userId: "canary-1",
      anonymousId: "browser-of-canary",
      context: { ip: "203.0.113.7", page: { url: "https://shop.example/canary" } },
      timestamp: "2026-01-01T00:00:00Z",
      traits: { consent: { email: { offers: true } }, nickname: "Canary" },
    },
    { type: "track", userId: "canary-1", event: "page_viewed", properties: { page: "/canary" } },
  );
  await sql`insert into segments (name, condition, file) values ('everybody', ${JSON.stringify({ kind: "all", of: [] })}, 'x')`.execute(
    database,
  );
  await savePools(
    database,
    { gifts: { redeemed_by: "voucher_redeemed", property: "code", low: 0 } },
    monday,
  );
  await addVouchers(database, "gifts", [{ code: "GIFT-1", expiresAt: null }], monday);
}

/** A worker plays the journey, the services and agents do their part, and what one journey cannot react to is kept. */
async function play(): Promise<void> {
  if (place === undefined) throw new Error("there is no place for queues");
  await applied(
    database,
    journey,
    "journey: broken\nstart: { on: refused }\nsteps: [{ send: hello, by: email }]",
  );
  await refreshSegments(database, monday);
  service.answers(() => ({ body: '{"says": "canary was here"}' }));
  const { carrier } = aCarrier(({ deliveryId: id }) => ({ kind: "accepted", receipt: `R-${id}` }));
  const worker = await aWorker(database, place, { email: carrier, sms: carrier });
  const sent = async (count: number) => {
    const { rows } = await sql`select from messages where state = 'accepted'`.execute(database);
    return rows.length === count;
  };
  const properties = { wish: "a canary", sofa: "canary yellow" };
  await ingest({ type: "track", userId: "canary-1", event: "signed_up", properties });
  await worker.wake.engine("react");
  await until(async () => (await rowsOf("tasks")) === 1);
  const task = await database.selectFrom("tasks").select("id").executeTakeFirstOrThrow();
  const outcome = { outcome: "reached", note: "canary likes tea", by: "Grace", now: monday };
  await recordOutcome(database, { id: task.id, ...outcome });
  await worker.wake.engine("advance");
  await until(() => sent(2));
  await worker.stop();
  await refuseRows(database, "true");
  await ingest({ type: "track", userId: "canary-1", event: "refused", properties });
  await react(database, { now: monday, limit: 10, zone: "UTC" });
  await refuseNothing(database);
  // Left in the queue: no worker is there to react.
  await ingest({ type: "track", userId: "canary-1", event: "signed_up", properties });
}

async function rowsOf(table: "tasks" | "customers" | "consents" | "clicks"): Promise<number> {
  const { rows } = await sql`select from ${sql.table(table)}`.execute(database);
  return rows.length;
}

/** An e-mail with a link that has the address in it, and all that can come back from an e-mail. */
async function answer(): Promise<void> {
  const composer = aComposer();
  const { render } = composer.templates;
  const templates: typeof composer.templates = {
    ...composer.templates,
    render(name, channel, locale, variables, track) {
      track(`https://shop.example/you?who=${encodeURIComponent(email)}`);
      return render(name, channel, locale, variables, track);
    },
  };
  const { carrier } = aCarrier();
  const [id = ""] = canary.customers;
  await plan(database, [id], { journey: await aJourney(database), step: "linked" });
  const stopping = new AbortController().signal;
  await deliver(database, { ...composer, templates }, aDelivery(carrier), {
    limit: 10,
    now: () => monday,
    stopping,
  });
  const message = await database
    .selectFrom("messages")
    .select("delivery_id")
    .where("step", "=", "linked")
    .executeTakeFirstOrThrow();
  deliveryId = message.delivery_id;
  const link = await database.selectFrom("links").select("id").executeTakeFirstOrThrow();
  linkId = link.id;
  await visit();
  await tell({ kind: "bounced", deliveryId, detail: `550 ${email} is full`, code: "550" });
  await tell({ kind: "reply", from: phone, detail: "canary here, who is that?" });
  await apply();
  // A request that nobody has applied yet.
  await tell(
    { kind: "reply", from: phone, detail: "canary again" },
    { kind: "opened", deliveryId },
  );
}

/** The customer reads old mail: opens, clicks, leaves and chooses. */
async function visit(): Promise<void> {
  const at = { now: later(monday, { hours: 1 }), method: "GET", userAgent: "Canary/1.0" };
  const ip = "203.0.113.7";
  await recordOpen(database, tokens, { ...at, token: tokens.write("open", deliveryId) });
  const click = tokens.write("click", deliveryId, linkId);
  expect(await recordClick(database, tokens, { ...at, token: click })).toBeDefined();
  const leaving = { token: tokens.write("unsubscribe", deliveryId), ip, now: at.now };
  expect(await unsubscribe(database, tokens, { ...leaving, method: "one_click" })).toBeDefined();
  const offer = { channels: ["email", "sms"], topics: { offers: "Offers" } };
  const token = tokens.write("preferences", deliveryId);
  expect(await preferencesOf(database, tokens, token, offer, at.now)).toBeDefined();
  const wanted = [{ channel: "sms", topic: "offers" }];
  const wish = { token, wanted, ip, now: at.now };
  expect(await savePreferences(database, tokens, offer, wish)).toBeDefined();
}

const erase = (now = later(monday, { days: 1 })) =>
  erasePerson(database, {
    customerId: canary.customers[0] ?? "",
    channels: ["email", "sms"],
    secrets,
    now,
  });

beforeAll(async () => {
  await live();
  await play();
  canary = (await who()) ?? canary;
  await answer();
  canary = (await who()) ?? canary;
}, 60_000);

describe("a customer who has been everywhere", () => {
  test("is in every table that can have something of a customer", async () => {
    const rows = await countPerson(database, canary);
    const missing = [...personal.keys()].filter((table) => rows[table] === undefined);
    // Those are made by a new version of a journey.
    expect(missing).toEqual(["withdrawn_work", "moved_enrollments"]);
    expect((await canaries()).length).toBeGreaterThan(10);
  });

  test("is told all of it, with names for numbers", async () => {
    const told = await tellPerson(database, canary);
    expect(Object.keys(told).length).toBe(personal.size - 2);
    expect(told.customers).toMatchObject([{ email, attributes: { shoe: "canary yellow" } }]);
    expect(told.enrollments?.[0]).toMatchObject({ journey: "welcome" });
    expect(told.clicks?.[0]).toMatchObject({ url: expect.stringContaining("canary") });
    expect(JSON.stringify(told.report_inbox)).toContain("canary again");
  });

  test("is nowhere when erased, and figures stay", async () => {
    const before = await journeyCounts(database);
    expect(await erase()).toMatchObject({ kind: "erased", rows: { customers: 1 } });
    expect(await canaries()).toEqual([]);
    const after = await journeyCounts(database);
    expect(after.map(({ entered, converted }) => ({ entered, converted }))).toEqual(
      before.map(({ entered, converted }) => ({ entered, converted })),
    );
    expect(await who()).toBeUndefined();
    expect(await findErasure(database, secrets, email)).toEqual(later(monday, { days: 1 }));
  });

  test("stays so whatever still comes of old messages", async () => {
    await visit();
    await tell({ kind: "complained", deliveryId, detail: `canary does not like it` });
    await tell({ kind: "bounced", receipt: "R-1", detail: `550 ${email}` });
    await tell({ kind: "opt_out", from: phone, detail: "canary says stop" });
    expect(await apply()).toMatchObject({ failed: [] });
    expect(await canaries()).toEqual([]);
    expect([await rowsOf("customers"), await rowsOf("consents")]).toEqual([0, 0]);
  });

  test("gets no marketing when the old list is imported once more", async () => {
    await importing(database, "customers", aFile(customersFile), { secrets });
    const back = (await who())?.customers[0] ?? "";
    const journeyId = await aJourney(database);
    for (const by of ["email", "sms"])
      await plan(database, [back], { journey: journeyId, step: `offer-${by}`, by: [by] });
    const sent = await database
      .selectFrom("messages")
      .select(["channel", "state", "reason"])
      .where("customer_id", "=", back)
      .orderBy("id")
      .execute();
    // The e-mail had bounced, and the number had said STOP: both are known again.
    expect(sent).toEqual([
      { channel: "email", state: "suppressed", reason: "email address bounced" },
      { channel: "sms", state: "suppressed", reason: "sms address unsubscribed" },
    ]);
  });
});
