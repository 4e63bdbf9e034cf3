import { sql } from "kysely";
import { beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/channel/channel.ts";
import type { Row } from "../../src/database/tables.ts";
import { LinkBook } from "../../src/tracking/links.ts";
import { receiveReports } from "../../src/tracking/report-inbox.ts";
import { applyReports } from "../../src/tracking/reports.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import {
  aMessage,
  aPlannedMessage,
  aReport,
  anAttempt,
  consentsOf,
  messageNow,
  report,
} from "./sent.ts";

const database = await aDatabase();
let customer: string;
let message: Row<"messages">;
const minute = (minutes: number) => later(monday, { minutes });

beforeEach(async () => {
  await freshTables(database);
  customer = await aCustomer(database, { email: "ada@example.com" });
  message = await aMessage(database, customer);
});

/** A report about the message of the case. */
const about = (kind: Report["kind"], given: Partial<Report> = {}) =>
  aReport({ kind, deliveryId: message.delivery_id, ...given });
const now = () => messageNow(database, message.id);
const suppressed = () => database.selectFrom("suppressions").selectAll().execute();
const reports = () => database.selectFrom("reports").selectAll().orderBy("event_id").execute();

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

test("a delivered message is delivered, at the time its provider says", async () => {
  await report(database, about("delivered", { at: minute(2) }));
  expect(await now()).toMatchObject({ state: "delivered", delivered_at: minute(2) });
});

test("what was received is in the inbox before it is applied, and is applied once", async () => {
  const id = await receiveReports(
    database,
    "pigeon",
    { reports: [about("delivered")], unread: ["event 3: no timestamp"] },
    monday,
  );
  expect(await now()).toMatchObject({ state: "accepted" });
  expect(await applyReports(database, minute(1), 10)).toMatchObject({ requests: 1, reports: 1 });
  expect(await applyReports(database, minute(2), 10)).toMatchObject({ requests: 0, reports: 0 });
  const [kept] = await database.selectFrom("report_inbox").selectAll().execute();
  expect(kept).toMatchObject({ id, applied_at: minute(1), unread: ["event 3: no timestamp"] });
});

/** Tells one message for each order of the events, the first `together` in one go, and returns the states they end in. */
async function endsOf(
  kinds: readonly Report["kind"][],
  given: { state: "sending" | "accepted"; together: number; at: (index: number) => Date },
): Promise<string[]> {
  const told = [];
  for (const order of ordersOf([...kinds.entries()])) {
    const { id, delivery_id } = await aMessage(database, customer, { state: given.state });
    told.push(
      order.map(([index, kind]) => {
        const at = given.at(index);
        return aReport({
          kind,
          eventId: `${id} ${kind}`,
          deliveryId: delivery_id,
          at,
          detail: kind,
        });
      }),
    );
  }
  await report(database, ...told.flatMap((reports) => reports.slice(0, given.together)));
  for (let place = given.together; place < kinds.length; place++)
    await report(database, ...told.flatMap((reports) => reports.slice(place, place + 1)));
  const { rows } = await sql<{ end: string }>`
    select distinct concat_ws(' ', state, reason, accepted_at - sent_at, delivered_at - sent_at, bounced_at - sent_at,
      complained_at - sent_at, clicked_at - sent_at) as end
    from messages where id <> ${message.id}`.execute(database);
  return rows.map(({ end }) => end);
}

test.each([1, 2, 3])(
  "all orders of five events end in one state, %i of them together",
  async (together) => {
    const kinds = ["accepted", "bounced", "delivered", "complained", "clicked"] as const;
    const ends = await endsOf(kinds, { state: "sending", together, at: minute });
    expect(ends).toEqual(["delivered 00:00:00 00:02:00 00:01:00 00:03:00 00:04:00"]);
  },
);

test("all orders of the ways to fail end in one state with one reason", async () => {
  const kinds = ["accepted", "deferred", "blocked", "failed", "clicked"] as const;
  const at = (index: number) => minute(index % 2);
  expect(await endsOf(kinds, { state: "accepted", together: 1, at })).toEqual([
    "failed failed 00:00:00 00:00:00",
  ]);
});

test("a report that comes ten times at once, to ten workers, is one report", async () => {
  const bounced = about("bounced", { eventId: "b-1" });
  const unsubscribed = about("unsubscribed", { eventId: "u-1" });
  const stranger = aReport({ kind: "delivered", eventId: "s-1" });
  const orders = [
    [bounced, unsubscribed, stranger],
    [stranger, unsubscribed, bounced],
  ];
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const given = orders[index % 2] ?? [];
      await receiveReports(database, "pigeon", { reports: given, unread: [] }, monday);
      await applyReports(database, minute(1), 100);
    }),
  );
  await applyReports(database, minute(2), 100);
  expect((await reports()).map(({ event_id }) => event_id)).toEqual(["b-1", "s-1", "u-1"]);
  expect(await suppressed()).toHaveLength(1);
  expect(
    (await consentsOf(database, customer)).filter((row) => row.state === "withdrawn"),
  ).toHaveLength(1);
  expect(
    await database.selectFrom("report_inbox").where("applied_at", "is", null).selectAll().execute(),
  ).toEqual([]);
});

test("a flood of large requests is applied to its end, one request more than asked for is not", async () => {
  const many = (name: string) =>
    Array.from({ length: 900 }, (_, index) => about("deferred", { eventId: `${name} ${index}` }));
  for (const name of ["a", "b", "c", "d", "e"])
    await receiveReports(database, "pigeon", { reports: many(name), unread: [] }, monday);
  expect(await applyReports(database, minute(1), 4)).toMatchObject({ requests: 4, reports: 3600 });
  expect(await applyReports(database, minute(1), 4)).toMatchObject({ requests: 1, reports: 900 });
});

test("two providers may use the same event id", async () => {
  await report(database, about("delivered", { eventId: "1" }));
  const read = { reports: [about("complained", { eventId: "1" })], unread: [] };
  await receiveReports(database, "owl", read, monday);
  expect(await applyReports(database, minute(1), 10)).toMatchObject({ reports: 1 });
});

test.each(["sending", "unknown"] as const)(
  "a report about a message that is still %s says that its provider has it",
  async (state) => {
    message = await aMessage(database, customer, { state, reason: "timeout" });
    await anAttempt(database, message, { outcome: state === "unknown" ? state : null });
    await report(database, about("deferred", { receipt: "r-1" }));
    expect(await now()).toMatchObject({ state: "accepted", reason: null });
    const [made] = await database.selectFrom("attempts").selectAll().execute();
    expect(made).toMatchObject({ outcome: "accepted", receipt: "r-1" });
    expect((await reports())[0]?.message_id).toBe(message.id);
  },
);

test("a message that would be repeated is not, once the first call turns out to have arrived", async () => {
  message = await aMessage(database, customer, { state: "retry", class: "transactional" });
  await report(database, about("accepted"));
  expect(await now()).toMatchObject({ state: "accepted" });
});

test("a report about a message that never left is kept, and changes nothing", async () => {
  message = await aPlannedMessage(database, customer);
  await report(database, about("delivered"));
  expect(await now()).toMatchObject({ state: "planned", delivered_at: null });
  expect(await reports()).toHaveLength(1);
});

test("a report without our id finds its message by the provider's receipt", async () => {
  await anAttempt(database, message, { receipt: "r-9", provider: "owl" });
  const other = await aMessage(database, customer);
  await anAttempt(database, other, { receipt: "r-9" });
  await report(database, aReport({ kind: "delivered", receipt: "r-9" }));
  expect(await messageNow(database, other.id)).toMatchObject({ state: "delivered" });
  expect(await now()).toMatchObject({ state: "accepted" });
});

test("a provider that counts in whole seconds accepts no message before it was sent", async () => {
  message = await aMessage(database, customer, {
    state: "sending",
    sent_at: later(monday, { seconds: 0.9 }),
  });
  await report(database, about("accepted", { at: monday }));
  expect((await now()).accepted_at).toEqual(message.sent_at);
});

test("reports about one message that several workers apply at once do not undo one another", async () => {
  const messages = await Promise.all(Array.from({ length: 8 }, () => aMessage(database, customer)));
  for (const { delivery_id } of messages) {
    for (const kind of ["delivered", "bounced", "failed", "complained"] as const) {
      const read = { reports: [aReport({ kind, deliveryId: delivery_id })], unread: [] };
      await receiveReports(database, "pigeon", read, monday);
    }
  }
  const worker = async () => {
    while ((await applyReports(database, minute(5), 1)).requests > 0);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const told = { bounced_at: minute(1), complained_at: minute(1) };
  for (const { id } of messages)
    expect(await messageNow(database, id)).toMatchObject({ state: "delivered", ...told });
});

test("a report about nothing we know is kept by itself", async () => {
  const strangers = [
    aReport({ kind: "delivered", deliveryId: "00000000-0000-0000-0000-000000000000" }),
    aReport({ kind: "bounced", receipt: "never-heard-of" }),
    aReport({ kind: "complained" }),
  ];
  expect(await report(database, ...strangers)).toMatchObject({ reports: 3, failed: [] });
  expect((await reports()).map(({ message_id }) => message_id)).toEqual([null, null, null]);
  expect(await suppressed()).toEqual([]);
});

test("a bounce suppresses the address it was sent to on that channel, and nothing else", async () => {
  await report(database, about("bounced", { code: "5.1.1", detail: "no such user" }));
  expect(await now()).toMatchObject({
    state: "bounced",
    bounced_at: minute(1),
    reason: "5.1.1 no such user",
  });
  expect(await suppressed()).toMatchObject([
    { channel: "email", address: "ada@example.com", reason: "bounced", detail: "5.1.1" },
  ]);
  expect(await consentsOf(database, customer)).toHaveLength(1);
});

test("a bounce after delivery attaches beside it and does not un-deliver", async () => {
  await report(database, about("delivered"));
  await report(database, about("bounced"));
  expect(await now()).toMatchObject({ state: "delivered", bounced_at: minute(1), reason: null });
  expect(await suppressed()).toHaveLength(1);
});

test("a message that cannot be delivered has failed with its reason, and its address stays good", async () => {
  await report(database, about("failed", { code: "30007", detail: "filtered" }));
  expect(await now()).toMatchObject({ state: "failed", reason: "30007 filtered" });
  expect(await suppressed()).toEqual([]);
});

test("a complaint suppresses the address, withdraws consent, and stops what is planned", async () => {
  const planned = await aPlannedMessage(database, customer);
  await report(database, about("complained"));
  expect(await now()).toMatchObject({ state: "accepted", complained_at: minute(1) });
  expect(await suppressed()).toMatchObject([{ reason: "complained" }]);
  expect((await consentsOf(database, customer)).at(-1)).toEqual({
    channel: "email",
    topic: "*",
    state: "withdrawn",
    method: "provider_report",
  });
  expect(await messageNow(database, planned.id)).toMatchObject({
    state: "suppressed",
    reason: "unsubscribed",
  });
});

test("an unsubscribe at the provider stops offers on that channel, not receipts nor texts", async () => {
  const offer = await aPlannedMessage(database, customer, { state: "retry" });
  const receipt = await aPlannedMessage(database, customer, { class: "transactional" });
  const text = await aPlannedMessage(database, customer, { channel: "sms" });
  await report(database, about("unsubscribed"));
  const states = [offer, receipt, text].map(
    async ({ id }) => (await messageNow(database, id)).state,
  );
  expect(await Promise.all(states)).toEqual(["suppressed", "planned", "planned"]);
  expect(await now()).toMatchObject({ unsubscribed_at: minute(1) });
  expect(await suppressed()).toEqual([]);
});

test("an unsubscribe at the provider from mail to a customer who was merged into another is that one's", async () => {
  const heir = await aCustomer(database);
  await database
    .updateTable("customers")
    .set({ merged_into: heir })
    .where("id", "=", customer)
    .execute();
  const planned = await aPlannedMessage(database, heir);
  await report(database, about("unsubscribed"));
  expect(await messageNow(database, planned.id)).toMatchObject({ state: "suppressed" });
});

test("a late report of an unsubscribe does not undo the consent given since", async () => {
  const planned = await aPlannedMessage(database, customer);
  const agreed = { channel: "*", topic: "*", state: "granted", method: "form" } as const;
  await database
    .insertInto("consents")
    .values({ ...agreed, customer_id: customer, occurred_at: minute(30) })
    .execute();
  await report(database, about("unsubscribed", { at: minute(1) }));
  expect(await messageNow(database, planned.id)).toMatchObject({ state: "planned" });
});

test("opens and clicks seen by the provider are counted, people's and machines' apart", async () => {
  const url = "https://shop.example/shoes";
  const ids = await new LinkBook().idsOf(database, [url]);
  await report(
    database,
    about("opened", { machine: true }),
    about("opened", { at: minute(5) }),
    about("clicked", { url, at: minute(7) }),
    about("clicked", { url: "https://elsewhere.example/", at: minute(6) }),
  );
  expect(await now()).toMatchObject({
    state: "accepted",
    opened_at: minute(5),
    clicked_at: minute(6),
  });
  const opens = await database.selectFrom("opens").select("machine").orderBy("at").execute();
  expect(opens.map(({ machine }) => machine)).toEqual([true, false]);
  const clicks = await database.selectFrom("clicks").selectAll().execute();
  expect(clicks).toMatchObject([{ link_id: ids.get(url), machine: false, at: minute(7) }]);
  expect(await database.selectFrom("links").selectAll().execute()).toHaveLength(1);
});

test("whatever a provider's plugin made of a request, its neighbours are applied", async () => {
  const strange = aReport({
    kind: "delivered",
    eventId: `\0${"x".repeat(9000)}`,
    deliveryId: "not a uuid",
    receipt: "\ud800",
    at: new Date("never"),
    code: "\0",
    detail: `\0\ud800${"y".repeat(100_000)}`,
    url: "\0",
  });
  const applied = await report(database, strange, about("delivered"), strange);
  expect(applied).toMatchObject({ reports: 2, failed: [] });
  expect(await now()).toMatchObject({ state: "delivered" });
});

test("a request that cannot be applied stays in the inbox and holds up no other", async () => {
  const at = new Date(0);
  await database
    .insertInto("report_inbox")
    .values({ provider: "owl", received_at: at, reports: '[{"at": "yesterday"}]' })
    .execute();
  const applied = await report(database, about("delivered"));
  expect(applied).toMatchObject({ requests: 1, reports: 1 });
  expect(applied.failed).toMatchObject([{ inboxId: "1" }]);
  expect(await now()).toMatchObject({ state: "delivered" });
});
