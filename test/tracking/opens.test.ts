import { beforeEach, expect, test } from "vitest";
import { type Row } from "../../src/database/tables.ts";
import { recordOpen } from "../../src/tracking/opens.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aMessage, aReport, messageNow, phone, report, tokenIn, tokens, urls } from "./sent.ts";

const database = await aDatabase();
let message: Row<"messages">;

beforeEach(async () => {
  await freshTables(database);
  message = await aMessage(database, await aCustomer(database));
});

function open(userAgent: string | null, after = 60, method = "GET") {
  const token = tokenIn(urls.open(message.delivery_id));
  const now = later(monday, { seconds: after });
  return recordOpen(database, tokens, { token, userAgent, method, now });
}

const kinds = async () =>
  (await database.selectFrom("opens").select("machine").orderBy("id").execute()).map(
    ({ machine }) => (machine ? "machine" : "person"),
  );
const openedAt = async () => (await messageNow(database, message.id)).opened_at;

test("a customer opens a message, and the first time is remembered", async () => {
  await open(phone, 60);
  await open(phone, 90);
  expect(await kinds()).toEqual(["person", "person"]);
  expect(await openedAt()).toEqual(later(monday, { seconds: 60 }));
});

test.each([
  ["Apple's privacy protection, which loads everything", "Mozilla/5.0"],
  ["a client that says nothing", ""],
  ["a client without the header", null],
  ["a gateway", "Proofpoint URL Defense"],
  ["a script", "curl/8.5"],
])("%s is counted apart and opens nothing", async (_, userAgent) => {
  await open(userAgent);
  expect(await kinds()).toEqual(["machine"]);
  expect(await openedAt()).toBeNull();
});

test.each([
  [
    "Gmail",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
  ],
  ["Yahoo", "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"],
  ["Outlook", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)"],
  ["Thunderbird", "Thunderbird/140.1"],
])("somebody who reads in %s is a person", async (_, userAgent) => {
  await open(userAgent);
  expect(await kinds()).toEqual(["person"]);
});

test("an image loaded while the message is still on its way in was loaded by a machine", async () => {
  await open(phone, 1.9);
  await open(phone, 60, "HEAD");
  expect(await kinds()).toEqual(["machine", "machine"]);
  expect(await openedAt()).toBeNull();
});

test("an image loaded before the delivery that is reported later was loaded by a machine", async () => {
  await open(phone, 30);
  expect(await openedAt()).not.toBeNull();
  await report(database, aReport({ kind: "delivered", deliveryId: message.delivery_id }));
  expect(await kinds()).toEqual(["machine"]);
  expect(await openedAt()).toBeNull();
});

test("a token that is not ours opens nothing", async () => {
  const visit = { userAgent: phone, method: "GET", now: monday };
  const click = tokens.write("click", message.delivery_id, "1");
  const nobody = tokens.write("open", "00000000-0000-0000-0000-000000000000");
  for (const token of [click, nobody, "x"])
    expect(await recordOpen(database, tokens, { token, ...visit })).toBe(false);
  expect(await kinds()).toEqual([]);
});
