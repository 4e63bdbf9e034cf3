import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Provider } from "../../src/channel/channel.ts";
import { type ProviderStub, startProviderStub } from "../../src/channel/provider-stub.ts";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { type StubAnswer, stubAnswers } from "../../src/channel/stub-answer.ts";
import type { StubRequest } from "../../src/channel/stub-request.ts";
import { anEmail, noDeadline } from "./messages.ts";

let stub: ProviderStub;
let sendgrid: Provider;
beforeAll(async () => {
  stub = await startProviderStub();
  sendgrid = createSendgrid({ apiKey: "key", baseUrl: stub.url });
});
beforeEach(() => stub.behave(undefined));
afterAll(async () => {
  await sendgrid.close();
  await stub.close();
});

function answering(answer: StubAnswer): void {
  stub.behave(() => answer);
}

test("a message goes out with its parts, its headers and nothing about the customer but the delivery id", async () => {
  const requests: StubRequest[] = [];
  stub.behave((request) => {
    requests.push(request);
    return {};
  });
  const message = anEmail({ replyTo: "help@shop.example" });
  expect(await sendgrid.send(message, noDeadline)).toEqual({
    kind: "accepted",
    receipt: expect.stringMatching(/^\w+$/),
  });
  expect(requests[0]).toMatchObject({ deliveryId: message.deliveryId, attempt: 1 });
  expect(requests[0]?.message).toMatchObject({
    to: message.to,
    from: "hello@shop.example",
    subject: message.subject,
    html: message.html,
    text: message.text,
    headers: message.headers,
  });
});

test("a line break in a subject or a header does not begin another header", async () => {
  let seen: StubRequest | undefined;
  stub.behave((request) => {
    seen = request;
    return {};
  });
  await sendgrid.send(
    anEmail({ subject: "a\r\nBcc: b@example.com", headers: { "X-A": "a\nX-B: b" } }),
    noDeadline,
  );
  expect(seen?.message.subject).toBe("a Bcc: b@example.com");
  expect(seen?.message.headers).toEqual({ "X-A": "a X-B: b" });
});

test("without any sender the channel is misconfigured, and no call is made", async () => {
  const before = stub.requests;
  expect(await sendgrid.send(anEmail({ from: null }), noDeadline)).toMatchObject({
    kind: "misconfigured",
    code: "no_sender",
  });
  expect(stub.requests).toBe(before);
});

describe("what an answer means", () => {
  const throttled = { kind: "later", counted: false, throttle: true };
  test.each([
    ["202 with HTML", stubAnswers.acceptedInHtml, { kind: "accepted" }],
    ["202 cut off in the middle", stubAnswers.acceptedCut, { kind: "accepted" }],
    ["202, then the connection closed", stubAnswers.acceptedThenClosed, { kind: "accepted" }],
    ["200, the sandbox", { status: 200 }, { kind: "accepted" }],
    ["400", { status: 400 }, { kind: "refused", of: "message", code: "400", detail: "stub: 400" }],
    ["413 in HTML", stubAnswers.tooLarge, { kind: "refused", of: "message", code: "413" }],
    ["422", { status: 422 }, { kind: "refused", of: "message" }],
    ["401", stubAnswers.unauthorized, { kind: "misconfigured", code: "401" }],
    ["403", { status: 403 }, { kind: "misconfigured" }],
    ["404", { status: 404 }, { kind: "misconfigured" }],
    [
      "a redirect, which is not followed",
      stubAnswers.redirected,
      { kind: "misconfigured", code: "302" },
    ],
    ["429 without a time", stubAnswers.tooManyRequests, { ...throttled, retryAfterMs: null }],
    [
      "429 with Retry-After",
      { status: 429, headers: { "retry-after": "7" } },
      { ...throttled, retryAfterMs: 7000 },
    ],
    ["500", stubAnswers.serverError, { kind: "unknown", code: "500" }],
    ["502 in HTML", stubAnswers.badGateway, { kind: "unknown", code: "502" }],
    ["503", stubAnswers.unavailable, { kind: "unknown" }],
    ["a body without end", stubAnswers.endless, { kind: "unknown", code: "500" }],
    [
      "the connection dropped after it was taken",
      stubAnswers.acceptedThenDropped,
      { kind: "unknown" },
    ],
  ] as const)("%s", async (_, answer, outcome) => {
    answering(answer);
    expect(await sendgrid.send(anEmail(), noDeadline)).toMatchObject(outcome);
  });

  test("429 with X-RateLimit-Reset waits until then by the provider's own clock", async () => {
    answering({
      status: 429,
      headers: {
        date: "Mon, 12 Jan 2026 12:00:00 GMT",
        "x-ratelimit-reset": String(Date.UTC(2026, 0, 12, 12, 0, 30) / 1000),
      },
    });
    expect(await sendgrid.send(anEmail(), noDeadline)).toMatchObject({
      kind: "later",
      retryAfterMs: 30_000,
    });
  });

  test("an error that quotes the address is kept without it", async () => {
    answering({
      status: 400,
      body: JSON.stringify({ errors: [{ message: "Ann@Example.com is on a list\u0000\n" }] }),
    });
    expect(await sendgrid.send(anEmail(), noDeadline)).toMatchObject({
      detail: "(address) is on a list",
    });
  });
});

describe("an answer that comes a byte a second", () => {
  test("a body: the status had come, so the message is accepted when the deadline passes", async () => {
    answering(stubAnswers.acceptedDripping);
    expect(await sendgrid.send(anEmail(), AbortSignal.timeout(300))).toMatchObject({
      kind: "accepted",
      receipt: expect.any(String),
    });
  });

  test("a head: nothing is known when the deadline passes", async () => {
    answering(stubAnswers.drippingHead);
    expect(await sendgrid.send(anEmail(), AbortSignal.timeout(300))).toMatchObject({
      kind: "unknown",
      code: "deadline",
    });
  });
});

describe("nobody to hand it to", () => {
  test.each([
    ["nobody listens", "http://127.0.0.1:1", "ECONNREFUSED"],
    ["the name does not exist", "http://nowhere.invalid", /ENOTFOUND|EAI_AGAIN/],
    ["it speaks no TLS", "tls", /./],
  ])("%s: nothing was written, so it is later and uncounted", async (_, baseUrl, code) => {
    const provider = createSendgrid({
      apiKey: "key",
      baseUrl: baseUrl === "tls" ? stub.url.replace("http:", "https:") : baseUrl,
    });
    expect(await provider.send(anEmail(), noDeadline)).toMatchObject({
      kind: "later",
      counted: false,
      throttle: false,
      code: expect.stringMatching(code),
    });
    await provider.close();
  });
});

test("a message whose deadline passes in the queue for a connection was not sent, and never is", async () => {
  const first = Promise.withResolvers<void>();
  stub.behave(() => {
    first.resolve();
    return stubAnswers.silent;
  });
  const narrow = createSendgrid({ apiKey: "key", baseUrl: stub.url, connections: 1 });
  const [holding, waiting] = [new AbortController(), new AbortController()];
  const holder = narrow.send(anEmail(), holding.signal);
  await first.promise;
  const message = anEmail();
  const waiter = narrow.send(message, waiting.signal);
  waiting.abort();
  expect(await waiter).toMatchObject({ kind: "later", counted: false, code: "deadline" });
  holding.abort();
  expect(await holder).toMatchObject({ kind: "unknown" });
  stub.behave(undefined);
  expect(await narrow.send(anEmail(), noDeadline)).toMatchObject({ kind: "accepted" });
  expect(stub.seen.has(message.deliveryId)).toBe(false);
  await narrow.close();
});
