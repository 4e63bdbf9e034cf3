import { beforeEach, expect, test } from "vitest";
import { type Row } from "../../src/database/tables.ts";
import { recordClick, recordClicks } from "../../src/tracking/clicks.ts";
import { LinkBook } from "../../src/tracking/links.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aMessage, aReport, messageNow, phone, report, tokenIn, tokens, urls } from "./sent.ts";

const database = await aDatabase();
const pages = ["shoes", "hats", "bags", "sale"].map((page) => `https://shop.example/${page}`);
let message: Row<"messages">;
let links: string[];

beforeEach(async () => {
  await freshTables(database);
  message = await aMessage(database, await aCustomer(database));
  links = [...(await new LinkBook().idsOf(database, pages)).values()];
});

interface Visiting {
  readonly after: number;
  readonly userAgent?: string | null;
  readonly method?: string;
}

/** Follows the nth link of the message, so many seconds after it was sent. */
function follow(link: number, { after, userAgent = phone, method = "GET" }: Visiting) {
  const token = tokenIn(urls.click(message.delivery_id, links[link] ?? "0"));
  const now = later(monday, { seconds: after });
  return recordClick(database, tokens, { token, userAgent, method, now });
}

const kinds = async () =>
  (await database.selectFrom("clicks").select("machine").orderBy("at").execute()).map(
    ({ machine }) => (machine ? "machine" : "person"),
  );
const clickedAt = async () => (await messageNow(database, message.id)).clicked_at;

test("a customer who follows a link arrives at the page, and the message was clicked", async () => {
  expect(await follow(0, { after: 60 })).toEqual({ redirectTo: "https://shop.example/shoes" });
  expect(await kinds()).toEqual(["person"]);
  expect(await clickedAt()).toEqual(later(monday, { seconds: 60 }));
});

test("the first click of a person is the one that is remembered", async () => {
  await follow(1, { after: 300 });
  await follow(0, { after: 60 });
  await follow(0, { after: 900 });
  expect(await clickedAt()).toEqual(later(monday, { seconds: 60 }));
  expect(await kinds()).toHaveLength(3);
});

test("a URL with letters of its own is sent to the browser in ASCII", async () => {
  const url = "https://münchen.example/straße?utm_source=ü";
  links = [(await new LinkBook().idsOf(database, [url])).get(url) ?? ""];
  expect(await follow(0, { after: 60 })).toEqual({
    redirectTo: "https://xn--mnchen-3ya.example/stra%C3%9Fe?utm_source=%C3%BC",
  });
});

test("a token for a link or a message that does not exist leads nowhere and leaves no trace", async () => {
  const now = later(monday, { minutes: 1 });
  const visit = { userAgent: phone, method: "GET", now };
  const tokensOfNothing = [
    tokens.write("click", message.delivery_id, "999999"),
    tokens.write("click", "00000000-0000-0000-0000-000000000000", links[0]),
    tokens.write("open", message.delivery_id),
    "https://evil.example",
    "",
  ];
  for (const token of tokensOfNothing)
    expect(await recordClick(database, tokens, { token, ...visit })).toBeUndefined();
  expect(await kinds()).toEqual([]);
});

test.each([
  ["a HEAD request", { method: "HEAD" }],
  ["a client that does not say what it is", { userAgent: "" }],
  ["a client without the header", { userAgent: null }],
  ["a script", { userAgent: "python-requests/2.32" }],
  ["a search engine", { userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)" }],
  ["a mail gateway", { userAgent: "Mozilla/5.0 (Windows NT 10.0) BarracudaSentinel" }],
])("%s is redirected, counted as a machine, and clicks nothing", async (_, visit) => {
  expect(await follow(0, { after: 60, ...visit })).toEqual({ redirectTo: pages[0] });
  expect(await kinds()).toEqual(["machine"]);
  expect(await clickedAt()).toBeNull();
});

test.each([
  [1.999, "machine"],
  [2, "person"],
])("a click %s seconds after sending is a %s's", async (after, kind) => {
  await follow(0, { after });
  expect(await kinds()).toEqual([kind]);
});

test("a click right after delivery is a machine's, however long the message was on its way", async () => {
  const delivered_at = later(monday, { minutes: 5 });
  await database.updateTable("messages").set({ delivered_at }).execute();
  await follow(0, { after: 301 });
  await follow(0, { after: 302 });
  expect(await kinds()).toEqual(["machine", "person"]);
});

test("a delivery that is reported late gives away the gateway that clicked before it", async () => {
  await follow(0, { after: 299 });
  await follow(1, { after: 320 });
  const at = later(monday, { minutes: 5 });
  await report(database, aReport({ kind: "delivered", deliveryId: message.delivery_id, at }));
  expect(await kinds()).toEqual(["machine", "person"]);
  expect(await clickedAt()).toEqual(later(monday, { seconds: 320 }));
  const sooner = aReport({ kind: "delivered", deliveryId: message.delivery_id, at: monday });
  await report(database, sooner);
  expect(await kinds()).toEqual(["machine", "person"]);
});

test("a text is read before its delivery is known", async () => {
  await database.updateTable("messages").set({ channel: "sms" }).execute();
  await follow(0, { after: 4 });
  const at = later(monday, { seconds: 5 });
  await report(database, aReport({ kind: "delivered", deliveryId: message.delivery_id, at }));
  await follow(0, { after: 6 });
  expect(await kinds()).toEqual(["person", "person"]);
});

test("the third link within two seconds gives a scanner away, and its earlier clicks with it", async () => {
  await follow(0, { after: 60 });
  await follow(1, { after: 61 });
  expect(await clickedAt()).not.toBeNull();
  await follow(2, { after: 62 });
  expect(await kinds()).toEqual(["machine", "machine", "machine"]);
  expect(await clickedAt()).toBeNull();
});

test("three links in a little more than two seconds are a person's, and so is one link thrice", async () => {
  await follow(0, { after: 60 });
  await follow(1, { after: 61 });
  await follow(2, { after: 62.001 });
  for (const after of [100, 100.5, 101]) await follow(3, { after });
  expect(await kinds()).toEqual(Array(6).fill("person"));
});

test("a person who clicked before the scanner came is still the one who clicked", async () => {
  await follow(0, { after: 30 });
  for (const link of [0, 1, 2]) await follow(link, { after: 60 });
  expect(await kinds()).toEqual(["person", "machine", "machine", "machine"]);
  expect(await clickedAt()).toEqual(later(monday, { seconds: 30 }));
});

test("a person who clicks after the scanner is counted", async () => {
  for (const link of [0, 1, 2]) await follow(link, { after: 60 });
  await follow(3, { after: 90 });
  expect(await clickedAt()).toEqual(later(monday, { seconds: 90 }));
});

test("a scanner that follows all links in parallel is seen through", async () => {
  await Promise.all([0, 1, 2, 3].map((link) => follow(link, { after: 60 + link / 10 })));
  expect(await kinds()).toEqual(Array(4).fill("machine"));
  expect(await clickedAt()).toBeNull();
});

test("clicks written down in one go are judged as one by one", async () => {
  const other = await aMessage(database, await aCustomer(database));
  const click = (of: Row<"messages">, link: number, seconds: number) => ({
    deliveryId: of.delivery_id,
    linkId: links[link] ?? "0",
    at: later(monday, { seconds }),
    machine: false,
    userAgent: phone,
  });
  const found = await recordClicks(database, [
    click(message, 0, 60),
    click(other, 0, 60),
    { ...click(other, 1, 61), linkId: "999999" },
    click(message, 1, 61),
    click(message, 2, 61.5),
    click(message, 3, 63.6),
  ]);
  expect(found).toEqual([pages[0], pages[0], undefined, pages[1], pages[2], pages[3]]);
  expect(await clickedAt()).toEqual(later(monday, { seconds: 63.6 }));
  expect((await messageNow(database, other.id)).clicked_at).toEqual(later(monday, { seconds: 60 }));
});

test("a client's name is kept short and fit to show", async () => {
  await follow(0, { after: 60, userAgent: `Mozilla\0/5.0 \u202e<script> ${"x".repeat(5000)}` });
  const [click] = await database.selectFrom("clicks").select("user_agent").execute();
  expect(click?.user_agent).toMatch(/^Mozilla \/5.0 <script> x+$/);
  expect(click?.user_agent?.length).toBeLessThanOrEqual(300);
});
