import { sql } from "kysely";
import { beforeAll, describe, expect, it, test } from "vitest";
import { connect } from "../../src/database/database.ts";
import { noteConnected, noteUnconnected } from "../../src/message/channel-state.ts";
import type { Shop } from "../enrollment/shop.ts";
import { aDatabase } from "../support/database.ts";
import { monday } from "../support/people.ts";
import { aDoor } from "./door.ts";
import { aFullShop, hostileNames } from "./full-shop.ts";

const database = await aDatabase();
const door = await aDoor(database);
let cookie = "";

const read = async (path: string) => {
  const response = await door.get(path, { cookie });
  return { status: response.status, text: await response.text(), response };
};

describe("the screens of a shop that has nothing yet", () => {
  beforeAll(async () => {
    cookie = await door.logIn();
  });

  it("say what to do next", async () => {
    expect((await read("/")).text).toContain("waypost apply");
    expect((await read("/")).text).toContain("Three steps");
    expect((await read("/customers")).text).toContain("waypost import customers");
    expect((await read("/messages")).text).toContain("No messages yet");
    expect((await read("/segments")).text).toContain("workflows/segments/");
  });
});

describe("the screens of a full shop", () => {
  let customers: readonly string[] = [];
  let shop: Shop;
  let messages: readonly { id: string; state: string }[] = [];
  beforeAll(async () => {
    ({ customers, shop } = await aFullShop(database));
    messages = await database
      .selectFrom("messages")
      .select(["id", "state"])
      .orderBy("id")
      .execute();
    cookie = await door.logIn();
  });
  const every = () => [
    "/",
    "/journeys/welcome",
    "/journeys/win-back",
    "/messages",
    ...messages.map(({ id }) => `/messages/${id}`),
    "/customers",
    ...customers.map((id) => `/customers/${id}`),
    ...customers.map((id) => `/customers/${id}/why`),
    "/segments",
    "/segments/britons",
    "/channels",
  ];

  it("show every hostile name as the text it is", async () => {
    for (const path of every()) {
      const { status, text } = await read(path);
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toMatch(
        /<img\b|<script>|<script [^>]*>[^<]|onerror=a[^&]*>|<b>warmly|<i>o-1/,
      );
      expect(text.length).toBeLessThan(200_000);
    }
    const { text } = await read("/customers");
    expect(text).toContain("&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt;");
    expect(text).toContain("{{constructor.constructor(");
  });

  it("say why nothing goes out where a provider is not reached", async () => {
    const why = "no connection: its certificate has expired (CERT_HAS_EXPIRED)";
    await noteUnconnected(database, "email", "sendgrid", why, monday);
    const home = (await read("/")).text;
    expect(home).toContain("Channel email does not reach its provider");
    expect(home).toContain(why);
    expect((await read("/channels")).text).toMatch(/CERT_HAS_EXPIRED\)(<.bdi>)?, at /);
    await noteConnected(database, "email", monday);
    expect((await read("/")).text).not.toContain("does not reach its provider");
  });

  it("run no script but their own, and say so in their policy", async () => {
    for (const path of every().slice(0, 4)) {
      const { response } = await read(path);
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain("unsafe");
      expect(response.headers.get("cache-control")).toBe("no-store");
    }
  });

  it("tell what needs attention", async () => {
    const { text } = await read("/");
    expect(text).toContain("messages have failed");
    expect(text).toContain("an unknown outcome");
  });

  it("tell of events that a journey could not react to, and why", async () => {
    await sql`insert into dead_events (journey_id, version_id, event_id, customer_id, name, occurred_at, properties, reason, died_at)
      select id, version_id, n, 1, 'signed_up', ${monday}, '{}', 'out of <b>range</b>', ${monday}
      from journeys, generate_series(1, 2) as n where name = 'win-back'`.execute(database);
    const { text } = await read("/");
    expect(text).toContain("win-back could not react to 2 events");
    expect(text).toContain(
      "out of &lt;b&gt;range&lt;/b&gt;. They are kept: waypost replay --events",
    );
  });

  it("tell of events that could mark no voucher as used", async () => {
    await sql`insert into dead_events (event_id, customer_id, name, occurred_at, properties, reason, died_at)
      values (1, 1, 'voucher_redeemed', ${monday}, '{}', 'refused', ${monday})`.execute(database);
    const { text } = await read("/");
    expect(text).toContain("Vouchers could not be marked as used by 1 event");
  });

  it("draw a journey's steps with their branches and counts", async () => {
    const { text } = await read("/journeys/welcome");
    expect(text).toMatch(/send hello by email/);
    expect(text).toMatch(/<bdi>then<\/bdi>/);
    expect(text).toMatch(/<bdi>long<\/bdi>/);
    expect(text).toContain(`${customers.length} entered`);
  });

  it("tell a message's life, and say when it is rendered anew", async () => {
    const { text } = await read(`/messages/${messages[0]?.id}`);
    expect(text).toContain("rendered now");
    expect(text).toContain("Why it was allowed");
    expect(text).toContain("clicked");
  });

  it("find customers by address, by its beginning, by id and by name", async () => {
    const one = await database
      .selectFrom("customers")
      .select(["email", "external_id", "phone"])
      .where("id", "=", customers[3] ?? "")
      .executeTakeFirstOrThrow();
    const wanted = [one.email, one.email?.slice(0, 10), one.external_id, one.phone, "{{#each"];
    for (const text of wanted) {
      const { text: page } = await read(`/customers?q=${encodeURIComponent(text ?? "")}`);
      expect([text, page.includes(`/customers/${customers[3]}"`)]).toEqual([text, true]);
    }
    expect((await read("/customers?q=nobody-like-that")).text).toContain("Nobody found");
  });

  it("take any question without falling over", async () => {
    for (const question of [...hostileNames, "%", "\0", "' or 1=1", "a_b\\%", "\ud800"]) {
      const q = encodeURIComponent(question.toWellFormed().slice(0, 1500));
      for (const path of ["/customers?q=", "/messages?journey=", "/messages?before=", "/segments/"])
        expect([200, 404]).toContain((await read(path + q)).status);
      expect((await read(`/customers/${q}`)).status).toBe(404);
      expect((await read(`/messages/${q}`)).status).toBe(404);
      expect((await read(`/journeys/${q}`)).status).toBe(404);
    }
    expect((await read(`/messages/${"-".repeat(36)}`)).status).toBe(404);
  });

  it("show who drains at a step that is gone", async () => {
    expect((await read("/journeys/welcome")).text).not.toContain("steps that are gone");
    await shop.apply(
      "journey: welcome\nstart: { on: signed_up }\nsteps: [{ send: hello, by: email }]",
    );
    const { text } = await read("/journeys/welcome");
    expect(text).toMatch(/at steps that are gone:<\/p>.*<bdi>wait-[^<]+<\/bdi> <b>\d+<\/b>/s);
  });

  it("go through the messages page by page", async () => {
    const filtered = await read("/messages?state=failed&journey=welcome&channel=email");
    expect(filtered.text.match(/data-label="State"/g)).toHaveLength(2);
    expect((await read("/messages?before=3")).text.match(/data-label="State"/g)).toHaveLength(2);
  });
});

test("a page that is not there is told as a page, and to a program as JSON", async () => {
  cookie = await door.logIn();
  const page = await read("/nowhere");
  expect([page.status, page.text]).toEqual([404, expect.stringContaining("nothing here")]);
  const answer = await door.get("/v1/nowhere", { cookie });
  expect(answer.headers.get("content-type")).toContain("application/json");
});

test("a failure of ours is told without its cause, to people as a page and to programs as JSON", async () => {
  const nowhere = connect({
    url: "postgres://127.0.0.1:1/nowhere",
    schema: "waypost",
    maxConnections: 1,
    applicationName: "test",
  });
  const broken = await aDoor(nowhere);
  const page = await broken.post("/login", "token=x");
  const text = await page.text();
  expect([page.status, text.includes("Something went wrong")]).toEqual([500, true]);
  const answer = await broken.post("/v1/track", "{}", { authorization: "Bearer x" });
  expect(await answer.json()).toEqual({
    error: "something went wrong on our side; the log says what",
  });
  expect(text).not.toContain("ECONNREFUSED");
  expect((await broken.get("/readyz")).status).toBe(503);
  expect((await broken.get("/healthz")).status).toBe(200);
  await nowhere.destroy();
});

test("whoever watches reads how many messages are in each state, and whether channels are open", async () => {
  const text = await (await door.get("/metrics")).text();
  expect(text).toMatch(/^waypost_messages\{state="failed"\} [1-9]/m);
  expect(text).toMatch(/^waypost_channel_open\{channel="email"\} 1$/m);
});

test("styles and script are kept by browsers for good, under a name that changes with them", async () => {
  const [, address = ""] = /href="(\/assets\/[^"]+\.css)"/.exec((await read("/")).text) ?? [];
  const response = await door.get(address);
  expect(response.headers.get("cache-control")).toContain("immutable");
  expect(response.headers.get("content-type")).toContain("text/css");
  expect((await door.get("/assets/../package.json")).status).not.toBe(200);
});
