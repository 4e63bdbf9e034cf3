import { createHmac } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { isPublic, lookUpPublic } from "../../src/channel/public-address.ts";
import { type WebhookCall, createWebhookCaller, refusedHostOf } from "../../src/channel/webhook.ts";
import { withVariables } from "../../src/config.ts";
import { aService } from "../support/service.ts";

const service = await aService();
const key = Buffer.from("a key of at least twenty-four bytes");
const fill = (text: string) => withVariables(text, { CRM_TOKEN: "t0p" });
const caller = createWebhookCaller({ allow: ["127.0.0.1"], key, fill });
const guarded = createWebhookCaller({ allow: [], key, fill });
afterAll(() => Promise.all([caller.close(), guarded.close()]));

const at = new Date("2026-01-12T12:00:00Z");
const aCall = (given: Partial<WebhookCall> = {}): WebhookCall => ({
  id: "7d1f4a52-0d2f-4f6c-9f0e-9f3f6ac7c4a1",
  method: "POST",
  url: `${service.url}/hook?from=waypost`,
  headers: {},
  body: '{"total":64.5}',
  at,
  ...given,
});
const signal = () => AbortSignal.timeout(5000);

describe("a call to a service", () => {
  it("is signed as Standard Webhooks says, and names itself the same at every try", async () => {
    service.answers(() => ({ body: '{"tier":"gold"}' }));
    const outcome = await caller.call(aCall(), signal());
    expect(outcome).toEqual({ kind: "answered", status: 200, answer: '{"tier":"gold"}' });
    const [got] = service.received;
    const { id } = aCall();
    const signed = createHmac("sha256", key)
      .update(`${id}.1768219200.{"total":64.5}`)
      .digest("base64");
    expect(got).toMatchObject({
      method: "POST",
      path: "/hook?from=waypost",
      body: '{"total":64.5}',
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "idempotency-key": id,
        "webhook-timestamp": "1768219200",
        "webhook-signature": `v1,${signed}`,
      },
    });
  });

  it("carries the headers of the step, secrets from the environment, and lets none of them forge the signature", async () => {
    service.answers(() => ({}));
    const headers = { Authorization: "Bearer ${CRM_TOKEN}", "Webhook-Id": "forged" };
    expect(await caller.call(aCall({ headers }), signal())).toMatchObject({ answer: null });
    expect(service.received[0]?.headers).toMatchObject({
      authorization: "Bearer t0p",
      "webhook-id": aCall().id,
    });
  });

  it.each([
    ["${MISSING}", "expected the environment variable MISSING, which is not set"],
    ["${WAYPOST_SECRET}", "found one of Waypost's own"],
    ["${DATABASE_URL}", "found one of Waypost's own"],
  ])("is not made with a header %s", async (header, reason) => {
    service.answers(() => ({}));
    const outcome = await caller.call(aCall({ headers: { "x-key": header } }), signal());
    expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining(reason) });
    expect(service.received).toEqual([]);
  });

  it.each([
    ['{"a":{"b":[1,"x"]}}', '{"a":{"b":[1,"x"]}}'],
    ["[1,2]", '{"value":[1,2]}'],
    ["12", '{"value":12}'],
    ["plain words", '{"text":"plain words"}'],
    ['{"a":"x\\u0000y\\ud83d"}', '{"a":"xy\u{fffd}"}'],
    ["", null],
  ])("keeps the answer %j as %j", async (body, answer) => {
    service.answers(() => ({ body }));
    expect(await caller.call(aCall(), signal())).toMatchObject({ kind: "answered", answer });
  });

  it("keeps the beginning of an answer that is too long, and no bottomless one", async () => {
    service.answers(() => ({ body: `{"a":"${"x".repeat(70_000)}"}` }));
    const long = await caller.call(aCall(), signal());
    expect(JSON.parse(long.answer ?? "")).toMatchObject({ cut: true });
    service.answers(() => ({ body: "[".repeat(20_000) + "]".repeat(20_000) }));
    const deep = await caller.call(aCall(), signal());
    expect(Object.keys(JSON.parse(deep.answer ?? "") as object)).toEqual(["text"]);
  });

  it.each([
    [500, "later"],
    [503, "later"],
    [429, "later"],
    [408, "later"],
    [404, "failed"],
    [410, "failed"],
    [401, "failed"],
    [301, "failed"],
    [304, "failed"],
  ] as const)("that is answered with %i is %s", async (status, kind) => {
    service.answers(() => ({ status, headers: { "retry-after": "7", location: "/elsewhere" } }));
    const outcome = await caller.call(aCall(), signal());
    const again = kind === "later" ? { retryAfterMs: 7000 } : {};
    expect(outcome).toMatchObject({ kind, reason: `answered ${status}`, status, ...again });
    expect(service.received).toHaveLength(1);
  });

  it("ends at its deadline, and may be tried again", async () => {
    service.answers(() => ({ hangs: true }));
    expect(await caller.call(aCall(), AbortSignal.timeout(50))).toMatchObject({
      kind: "later",
      status: null,
    });
  });

  it("that nobody takes may be tried again", async () => {
    const url = "http://127.0.0.1:9/";
    expect(await caller.call(aCall({ url }), signal())).toMatchObject({ kind: "later" });
  });
});

describe("an address inside a network", () => {
  it.each([
    "http://127.0.0.1:PORT/",
    "http://localhost:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f.1:PORT/",
    "http://0.0.0.0:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "not an address",
  ])("%s is not called", async (url) => {
    service.answers(() => ({}));
    const to = url.replace("PORT", String(service.port));
    expect(await guarded.call(aCall({ url: to }), signal())).toMatchObject({ kind: "failed" });
    expect(service.received).toEqual([]);
  });

  it.each([
    ["8.8.8.8", true],
    ["172.15.0.1", true],
    ["172.16.0.1", false],
    ["10.1.2.3", false],
    ["192.168.1.1", false],
    ["100.64.0.1", false],
    ["169.254.169.254", false],
    ["224.0.0.1", false],
    ["255.255.255.255", false],
    ["0.0.0.0", false],
    ["2606:4700::1111", true],
    ["::1", false],
    ["::", false],
    ["fe80::1", false],
    ["fc00::1", false],
    ["ff02::1", false],
    ["::ffff:10.0.0.1", false],
    ["::ffff:a00:1", false],
    ["::ffff:8.8.8.8", true],
    ["64:ff9b::a9fe:a9fe", false],
    ["64:ff9b::808:808", true],
    ["2002:7f00:1::", false],
    ["2001:db8::1", false],
    ["localhost", false],
  ])("%s is public: %s", (address, is) => expect(isPublic(address)).toBe(is));

  it("is refused when a name leads to it, and the connection is made to what was looked at", async () => {
    const found = await new Promise((done) =>
      lookUpPublic("localhost", { all: true }, (error) => done(error?.message)),
    );
    expect(found).toMatch(/^localhost leads to (127\.0\.0\.1|::1), an address inside a network/);
  });
});

it("a host that is surely not called is known without looking its name up", () => {
  const refused = (address: string, ...allow: string[]) => refusedHostOf(address, allow);
  expect(refused("http://localhost:9000/x")).toBe("localhost");
  expect(refused("http://crm.localhost/x")).toBe("crm.localhost");
  expect(refused("http://10.0.0.7/x")).toBe("10.0.0.7");
  expect(refused("http://[::1]/x")).toBe("::1");
  expect(refused("http://localhost/x", "LocalHost")).toBe(undefined);
  expect(refused("http://10.0.0.7/x", "10.0.0.7")).toBe(undefined);
  expect(refused("https://crm.internal/x")).toBe(undefined);
});
