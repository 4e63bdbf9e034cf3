import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { isTrackable, LinkBook, trackLinks, withUtm } from "../../src/tracking/links.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { tokenIn, tokens, urls } from "./sent.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const storedUrls = async () =>
  (await database.selectFrom("links").select("url").orderBy("url").execute()).map(({ url }) => url);

test("a URL is stored once, however many workers remember it at once", async () => {
  const wanted = Array.from({ length: 300 }, (_, index) => `https://shop.example/${index}`);
  const books = Array.from({ length: 8 }, () => new LinkBook());
  const answers = await Promise.all(
    books.map((book, index) =>
      book.idsOf(database, index % 2 === 0 ? wanted : wanted.toReversed()),
    ),
  );
  expect(await storedUrls()).toHaveLength(300);
  for (const ids of answers) {
    expect(ids.size).toBe(300);
    expect(ids.get("https://shop.example/7")).toBe(answers[0]?.get("https://shop.example/7"));
  }
});

test("a URL is found without waiting once it was remembered", async () => {
  const book = new LinkBook();
  expect(book.find("https://shop.example/")).toBeUndefined();
  await book.remember(database, ["https://shop.example/"]);
  expect(book.find("https://shop.example/")).toMatch(/^\d+$/);
});

test("long URLs push out older ones before they take up all memory", async () => {
  const book = new LinkBook({ keptBytes: 10_000 });
  const long = (name: string) => `https://shop.example/${name}?${"x".repeat(3000)}`;
  const all = ["a", "b", "c", "d"].map(long);
  await book.remember(database, all);
  expect(all.filter((url) => book.find(url) !== undefined)).toHaveLength(3);
});

test("nothing is remembered inside a transaction, which might be rolled back", async () => {
  const remembered = database
    .transaction()
    .execute((transaction) => new LinkBook().remember(transaction, ["https://shop.example/"]));
  await expect(remembered).rejects.toThrow("expected a database, got a transaction");
});

test.each([
  "//evil.example",
  "https:evil.example",
  "https:/evil.example",
  "https:\\\\evil.example",
  "https://shop.example\\@evil.example",
  "\\evil.example",
  "https://shop.example@evil.example/",
  "https://:secret@evil.example/",
  "https://shop.example/\r\nLocation: https://evil.example",
  "https://shop.example/\0",
  " https://shop.example/",
  "https://shop.example/\ud800",
  "https://[::1/",
  "https://",
  "javascript:alert(1)",
  "data:text/html,hello",
  "mailto:help@shop.example",
  "tel:+442079460000",
  "#top",
  "/relative",
  "",
])("%j is never redirected to", async (url) => {
  const book = new LinkBook();
  expect(isTrackable(url)).toBe(false);
  expect((await book.idsOf(database, [url, "https://shop.example/"])).size).toBe(1);
  expect(await storedUrls()).toEqual(["https://shop.example/"]);
});

test("UTM parameters go into the query, and what stands there already wins", () => {
  const utm = { source: "waypost", medium: "email", campaign: "win back", content: null };
  expect(withUtm("https://shop.example/a", utm)).toBe(
    "https://shop.example/a?utm_source=waypost&utm_medium=email&utm_campaign=win%20back",
  );
  expect(withUtm("https://shop.example/a?x=1&utm_source=mine#part?2", utm)).toBe(
    "https://shop.example/a?x=1&utm_source=mine&utm_medium=email&utm_campaign=win%20back#part?2",
  );
  expect(withUtm("https://münchen.example/straße?ä=ö#ü", { source: "a" })).toBe(
    "https://münchen.example/straße?ä=ö&utm_source=a#ü",
  );
  expect(withUtm("https://shop.example?", { source: "a" })).toBe(
    "https://shop.example?utm_source=a",
  );
  expect(withUtm("mailto:help@shop.example", utm)).toBe("mailto:help@shop.example");
});

test("tagging a URL twice is tagging it once, and it leads to the same page", () => {
  const utm = { source: "waypost", medium: "sms", campaign: "a & b", content: "step=1" };
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const tagged = withUtm(url, utm);
      expect(withUtm(tagged, utm)).toBe(tagged);
      const [before, after] = [new URL(url), new URL(tagged)];
      expect([after.origin, after.pathname, after.hash]).toEqual([
        before.origin,
        before.pathname,
        before.hash,
      ]);
      expect(after.searchParams.get("utm_campaign")).toBe("a & b");
    }),
  );
});

test("a message is rendered twice when it links to something new, and once from then on", async () => {
  const links = new LinkBook();
  const deliveryId = "0f8fad5b-d9cb-469f-a165-70867728950e";
  const fresh: string[] = [];
  const track = trackLinks({ links, urls }, deliveryId, { source: "waypost" }, (url) =>
    fresh.push(url),
  );
  expect(track("https://shop.example/shoes")).toBe("https://shop.example/shoes?utm_source=waypost");
  await links.remember(database, fresh);
  const content = tokens.read("click", tokenIn(track("https://shop.example/shoes")));
  expect(content).toEqual({ deliveryId, linkId: links.find(fresh[0] ?? "") });
  expect(fresh).toHaveLength(1);
});

test("the way out of a message, and what is no web address, is not counted", () => {
  const fresh: string[] = [];
  const track = trackLinks(
    { links: new LinkBook(), urls },
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    { source: "waypost" },
    (url) => fresh.push(url),
  );
  const leave = urls.unsubscribe("0f8fad5b-d9cb-469f-a165-70867728950e");
  for (const url of [leave, "mailto:help@shop.example", "#top"]) expect(track(url)).toBe(url);
  expect(fresh).toEqual([]);
});
