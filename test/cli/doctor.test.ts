import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Resolver } from "node:dns/promises";
import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { createSmtp } from "../../src/channel/smtp.ts";
import { createTwilio } from "../../src/channel/twilio.ts";
import { senderless } from "../../src/cli/doctor-channels.ts";
import { examineDns, senderDomains } from "../../src/cli/doctor-dns.ts";
import { examineUrl, ofServer } from "../../src/cli/doctor-reach.ts";
import type { Finding } from "../../src/cli/finding.ts";
import { readConfig } from "../../src/config.ts";
import {
  noteConnected,
  noteUnconnected,
  pauseChannel,
  throttleChannel,
} from "../../src/message/channel-state.ts";
import { restoredReason } from "../../src/message/restored.ts";
import { Places } from "../../src/message/places.ts";
import { aJourney, plan } from "../message/ledger.ts";
import { aDatabase } from "../support/database.ts";
import { startNameServer } from "../support/name-server.ts";
import { aCustomer, later } from "../support/people.ts";
import { aDoor } from "../web/door.ts";
import { Terminal, aTerminal } from "./terminal.ts";

const database = await aDatabase();
const door = await aDoor(database);

/** Providers, and whatever else speaks HTTP: answers by path. */
const answers: Record<string, readonly [number, unknown]> = {};
const server = createServer((request, response) => {
  const [status, body] = answers[(request.url ?? "").split("?")[0] ?? ""] ?? [404, {}];
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const port = (server.address() as AddressInfo).port;
const baseUrl = `http://127.0.0.1:${port}`;
afterAll(() => server.close());

const levels = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ about, level }) => [about, level]));
const signal = () => AbortSignal.timeout(5000);

describe("the names of a sender's domain", () => {
  const look = async (records: Record<string, readonly string[]>, selectors: string[] = []) => {
    const names = await startNameServer(records);
    const resolver = new Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([names.address]);
    const findings = await examineDns(["mail.shop.example"], resolver, selectors);
    names.close();
    return levels(findings);
  };
  const spf = "v=spf1 include:sendgrid.net ~all";
  const key = `v=DKIM1; k=rsa; p=${"A".repeat(400)}`;

  test("are well with SPF, a key and its parent's DMARC", async () => {
    expect(
      await look({
        "mail.shop.example": ["google-site-verification=1", spf],
        "s1._domainkey.mail.shop.example": [key],
        "_dmarc.shop.example": ["v=DMARC1; p=none"],
      }),
    ).toEqual({
      "SPF of mail.shop.example": "ok",
      "DKIM of mail.shop.example": "ok",
      "DMARC of mail.shop.example": "ok",
    });
  });

  test("are not when none of them is there", async () => {
    expect(await look({})).toEqual({
      "SPF of mail.shop.example": "warn",
      "DKIM of mail.shop.example": "warn",
      "DMARC of mail.shop.example": "error",
    });
  });

  test("are not when they say too much, too often or nothing", async () => {
    expect(
      await look({
        "mail.shop.example": [spf, "v=spf1 -all"],
        "s1._domainkey.mail.shop.example": ["v=DKIM1; p="],
        "_dmarc.mail.shop.example": ["v=DMARC1; rua=mailto:a@b.example"],
      }),
    ).toEqual({
      "SPF of mail.shop.example": "error",
      "DKIM of mail.shop.example": "error",
      "DMARC of mail.shop.example": "error",
    });
    expect(await look({ "mail.shop.example": ["v=spf1 +all"] })).toMatchObject({
      "SPF of mail.shop.example": "error",
    });
  });

  test("are asked for by the selectors given", async () => {
    expect(await look({ "blue._domainkey.mail.shop.example": [key] }, ["blue"])).toMatchObject({
      "DKIM of mail.shop.example": "ok",
    });
    expect(await look({}, ["blue"])).toMatchObject({ "DKIM of mail.shop.example": "error" });
  });

  test("are those of senders that a provider sends for", () => {
    const { channels } = readConfig("/nowhere", {});
    const email = {
      ...channels["email"],
      provider: "sendgrid",
      from: "Shop <hi@Mail.shop.example>",
    };
    expect(senderDomains({ channels: { ...channels, email } as typeof channels })).toEqual([
      "mail.shop.example",
    ]);
    expect(senderDomains({ channels })).toEqual([]);
  });
});

describe("a provider's credentials", () => {
  test("of SendGrid are good, lack the right to send, or are refused", async () => {
    const { check } = createSendgrid({ apiKey: "key", baseUrl });
    answers["/v3/scopes"] = [200, { scopes: ["mail.send"] }];
    expect(await check?.(signal())).toBeUndefined();
    answers["/v3/scopes"] = [200, { scopes: ["stats.read"] }];
    expect(await check?.(signal())).toContain("mail.send");
    answers["/v3/scopes"] = [401, { errors: [{ message: "authorization required" }] }];
    expect(await check?.(signal())).toMatch(/^401 .*authorization required/);
  });

  test("of Twilio are good, of a closed account, or refused", async () => {
    const accountSid = `AC${"1".repeat(32)}`;
    const { check } = createTwilio({ accountSid, authToken: "token", baseUrl });
    const path = `/2010-04-01/Accounts/${accountSid}.json`;
    answers[path] = [200, { status: "active" }];
    expect(await check?.(signal())).toBeUndefined();
    answers[path] = [200, { status: "suspended" }];
    expect(await check?.(signal())).toContain("suspended");
    answers[path] = [401, { code: 20003 }];
    expect(await check?.(signal())).toMatch(/^401/);
  });

  test("of a mail server that is not there", async () => {
    const smtp = createSmtp({ url: "smtp://127.0.0.1:1" });
    expect(await smtp.check?.(signal())).toContain("ECONNREFUSED");
    await smtp.close();
  });
});

describe("the address the world sees", () => {
  test("leads to Waypost, to something else, or to nothing", async () => {
    // This machine under a name that does not look like it.
    const url = `http://[::ffff:127.0.0.1]:${port}`;
    const levelsOf = async (asked: string) => (await examineUrl(asked)).map(({ level }) => level);
    expect(await levelsOf(url)).toEqual(["error", "error", "error"]);
    expect(await levelsOf("https://shop.invalid")).toEqual(["ok", "error", "error"]);
    // As a proxy that lets the public reach what it needs, and nothing else.
    const isPublic = /^\/[coupr]\//;
    const proxy = createServer((request, response) => {
      if (!isPublic.test(request.url ?? "")) return void response.writeHead(404).end();
      void fetch(door.url + request.url, { method: request.method ?? "GET" }).then(async (got) => {
        const type = got.headers.get("content-type") ?? "";
        response.writeHead(got.status, { "content-type": type }).end(await got.text());
      });
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const outside = (proxy.address() as AddressInfo).port;
    expect(await levelsOf(`http://[::ffff:127.0.0.1]:${outside}`)).toEqual(["error", "ok", "ok"]);
    proxy.close();
    expect((await examineUrl("http://localhost:8080")).map(({ level }) => level)).toEqual(["warn"]);
  });
});

test.each([
  ["5.0.14", "error"],
  ["6.0.16", "error"],
  ["6.2.0", "ok"],
  ["7.4.1", "ok"],
])("a Redis %s is: %s", (version, level) => {
  const server = { redis_version: version, maxmemory_policy: "noeviction" };
  expect(ofServer(server, "redis")[0]).toMatchObject({ level });
});

describe("waypost doctor", () => {
  const findingsOf = async (terminal: Terminal, ...words: string[]) => {
    const { json, code } = await terminal.waypost("doctor", "--json", ...words);
    const findings = json() as Finding[];
    return { code, findings, of: (about: string) => findings.filter((one) => one.about === about) };
  };

  test("has a remedy for whatever is not well, and says by its exit code that something is wrong", async () => {
    const { code, findings, of } = await findingsOf(aTerminal(database));
    expect(code).toBe(1);
    expect(of("workers")).toMatchObject([{ level: "error", found: "none has ever worked here" }]);
    expect(of("clock")).toMatchObject([{ level: "ok" }]);
    expect(of("channel email")[0]).toMatchObject({ level: "warn" });
    for (const { level, remedy } of findings) expect(remedy === null).toBe(level === "ok");
  });

  test("finds dead letters and a database that is held back", async () => {
    await sql`insert into installation (database_oid, system, beat, restored_at, restored_why)
      values (1, '1', 4, clock_timestamp(), 'it is a copy')
      on conflict (is_only) do update set restored_at = excluded.restored_at, restored_why = excluded.restored_why, beat = 4`.execute(
      database,
    );
    await pauseChannel(database, "sms", "twilio", restoredReason, new Date());
    const { of } = await findingsOf(aTerminal(database));
    expect(of("restore")).toMatchObject([{ level: "error", found: "it is a copy" }]);
    expect(of("workers")).toMatchObject([{ level: "ok" }]);
    expect(of("channel sms").at(-1)?.remedy).toBe("it goes on when that is confirmed");
    await sql`delete from installation`.execute(database);
    await sql`delete from channels`.execute(database);
  });

  test("asks the providers of the configuration and the name server it is told", async () => {
    answers["/v3/scopes"] = [403, { errors: [{ message: "access forbidden" }] }];
    const names = await startNameServer({ "_dmarc.shop.example": ["v=DMARC1; p=reject"] });
    const terminal = aTerminal(database, { SENDGRID_API_KEY: "key", SENDGRID_BASE_URL: baseUrl });
    terminal.write(
      "waypost.yaml",
      "channels:\n  email: { provider: sendgrid, from: Shop <hi@shop.example> }\n",
    );
    const { of } = await findingsOf(terminal, "--dns", names.address);
    expect(of("channel email")[0]).toMatchObject({
      level: "error",
      found: expect.stringContaining("access forbidden") as string,
    });
    expect(of("channel email")).toContainEqual(
      expect.objectContaining({
        level: "warn",
        found: expect.stringContaining("no SENDGRID_WEBHOOK_KEY") as string,
      }),
    );
    expect(of("DMARC of shop.example")).toMatchObject([{ level: "ok" }]);
    expect(of("SPF of shop.example")).toMatchObject([{ level: "warn" }]);
    names.close();
  });

  test("says of a channel that its provider is not reached, and why, and status does", async () => {
    const terminal = aTerminal(database);
    const why = "no connection: its certificate has expired (CERT_HAS_EXPIRED)";
    await noteUnconnected(database, "sms", "twilio", why, new Date());
    const { of } = await findingsOf(terminal);
    expect(of("channel sms")).toContainEqual({
      about: "channel sms",
      level: "error",
      found: expect.stringMatching(
        /^outbox was not reached at 20.*certificate has expired/,
      ) as string,
      remedy: "whoever runs it must renew it; what waits goes out by itself then",
    });
    const status = async () => (await terminal.waypost("status")).out;
    expect(await status()).toMatch(/^sms +outbox +open, but at 20.*its certificate has expired/m);
    await noteConnected(database, "sms", new Date());
    expect(await status()).toMatch(/^sms +outbox +open +/m);
  });

  test("says of a channel until when it was told to wait, and status does, until it is resumed", async () => {
    const terminal = aTerminal(database);
    const now = new Date();
    await throttleChannel(database, "sms", "twilio", later(now, { hours: 20 }), now);
    const { of } = await findingsOf(terminal);
    expect(of("channel sms")).toContainEqual({
      about: "channel sms",
      level: "warn",
      found: expect.stringMatching(/^told by outbox to wait until 20\d\d-/) as string,
      remedy: "it goes on by itself then; waypost resume channel sms tries it at once",
    });
    const status = async () => (await terminal.waypost("status")).out;
    expect(await status()).toMatch(/^sms +outbox +told to wait until 20\d\d-/m);
    await terminal.waypost("resume", "channel", "sms");
    expect(await status()).toMatch(/^sms +outbox +open/m);
  });

  test("says that the rate of a channel is used up while something waits for it", async () => {
    const terminal = aTerminal(database);
    terminal.write("waypost.yaml", "channels:\n  email: { provider: outbox, rate: 2/hour }\n");
    const journey = await aJourney(database);
    const at = later(new Date(), { minutes: -10 });
    await plan(database, [await aCustomer(database)], { journey, at });
    const rated = { channel: "email", rate: { count: 2, seconds: 3600 }, beginWithinMs: 0 };
    await new Places(database, rated).take(2);
    const { of } = await findingsOf(terminal);
    expect(of("channel email").map(({ found }) => found)).toContainEqual(
      expect.stringMatching(/^1 message due, .*; its rate is used up until 20\d\d-/),
    );
    const { out } = await terminal.waypost("status");
    expect(out).toMatch(/^email +outbox +open, its rate is used up until 20/m);
  });

  test("goes on where the database is gone, and refuses what is no name server", async () => {
    const gone = new Terminal({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/gone" });
    const { code, of } = await findingsOf(gone);
    expect(code).toBe(1);
    expect(of("database")).toMatchObject([{ level: "error" }]);
    expect(of("url")).toMatchObject([{ level: "warn" }]);
    expect((await aTerminal(database).waypost("doctor", "--dns", "nonsense")).code).toBe(2);
  });
});

test("a channel without a sender is told of before its first message pauses it", () => {
  const senderOf = (environment: Record<string, string>) =>
    senderless(readConfig("/nowhere", environment)).map(({ about, found }) => `${about}: ${found}`);
  expect(senderOf({ SENDGRID_API_KEY: "SG.key" })).toEqual([
    "channel email: no sender: the first message whose template has no from of its own pauses it",
  ]);
  expect(senderOf({})).toEqual([]);
});

test("without the database each other part is named once, and not its error again", async () => {
  const lost = new Terminal({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/shop" });
  const { code, out } = await lost.waypost("doctor");
  expect(code).toBe(1);
  expect(out.match(/ECONNREFUSED/g)).toHaveLength(1);
  expect(out).toContain("secret, queues, channels, work cannot be looked at without the database");
});
