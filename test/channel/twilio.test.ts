import { hash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../src/clock.ts";
import type { Provider } from "../../src/channel/channel.ts";
import { type ProviderStub, startProviderStub } from "../../src/channel/provider-stub.ts";
import { stubAnswers } from "../../src/channel/stub-answer.ts";
import type { StubRequest } from "../../src/channel/stub-request.ts";
import { createTwilio } from "../../src/channel/twilio.ts";
import { anSms, noDeadline } from "./messages.ts";

const account = { accountSid: `AC${"0".repeat(32)}`, authToken: "token" };
let stub: ProviderStub;
let twilio: Provider;
let now: Date;
const clock: Clock = { now: () => now };
beforeAll(async () => {
  stub = await startProviderStub();
  twilio = createTwilio({ ...account, baseUrl: stub.url }, clock);
});
beforeEach(() => {
  now = new Date();
  stub.behave(undefined);
});
afterAll(async () => {
  await twilio.close();
  await stub.close();
});

test("a text goes out, and its reports lead home by the delivery id in the callback's query", async () => {
  let seen: StubRequest | undefined;
  stub.behave((request) => {
    seen = request;
    return {};
  });
  const message = anSms({
    text: "Grüße & 100 % 😀",
    reportUrl: "https://shop.example/hooks/sms?a=1",
  });
  expect(await twilio.send(message, noDeadline)).toEqual({
    kind: "accepted",
    receipt: expect.stringMatching(/^SM\w+$/),
  });
  expect(seen).toMatchObject({ deliveryId: message.deliveryId });
  expect(seen?.message).toMatchObject({
    to: message.to,
    from: message.from,
    text: message.text,
    statusCallback: `https://shop.example/hooks/sms?a=1&delivery_id=${message.deliveryId}#rc=5&rp=all`,
  });
});

test.each([
  ["an empty text", { text: " " }, { kind: "refused", of: "message", code: "empty" }],
  [
    "a text of 1601 characters",
    { text: "x".repeat(1601) },
    { kind: "refused", of: "message", code: "too_long" },
  ],
  ["a national number", { to: "07700900123" }, { kind: "refused", of: "address" }],
  ["no sender", { from: null }, { kind: "misconfigured", code: "no_sender" }],
] as const)("%s is refused before any call", async (_, changes, outcome) => {
  const before = stub.requests;
  expect(await twilio.send(anSms(changes), noDeadline)).toMatchObject(outcome);
  expect(stub.requests).toBe(before);
});

test("a text of 1600 characters goes out", async () => {
  expect(await twilio.send(anSms({ text: "x".repeat(1600) }), noDeadline)).toMatchObject({
    kind: "accepted",
  });
});

describe("what an answer means", () => {
  const address = { kind: "refused", of: "address" };
  const customer = { kind: "refused", of: "customer" };
  const message = { kind: "refused", of: "message" };
  const misconfigured = { kind: "misconfigured" };
  const throttle = { kind: "later", counted: false, throttle: true };
  const unknown = { kind: "unknown" };
  test.each<[number, number, object]>([
    ...[21211, 21612, 21614, 21635].map((code): [number, number, object] => [400, code, address]),
    ...[21610, 30640].map((code): [number, number, object] => [400, code, customer]),
    ...[21602, 21617, 30007, 30036, 30450].map((code): [number, number, object] => [
      400,
      code,
      message,
    ]),
    ...[21408, 21606, 21608, 30002, 30034].map((code): [number, number, object] => [
      400,
      code,
      misconfigured,
    ]),
    [401, 20003, misconfigured],
    [429, 20429, throttle],
    [400, 21611, throttle],
    [400, 30001, throttle],
    [400, 30610, { kind: "later", counted: false, throttle: false }],
    [400, 30003, { kind: "later", counted: true }],
    [500, 20500, unknown],
    [503, 20503, unknown],
  ])("%i with code %i", async (status, code, outcome) => {
    stub.behave(() => ({ status, code }));
    expect(await twilio.send(anSms(), noDeadline)).toMatchObject({
      ...outcome,
      code: String(code),
    });
  });

  test.each([
    ["201 in HTML", { ...stubAnswers.acceptedInHtml }, { kind: "accepted", receipt: null }],
    ["201 with half a JSON", stubAnswers.acceptedCut, { kind: "accepted", receipt: null }],
    ["201 with nothing", { body: "" }, { kind: "accepted", receipt: null }],
    [
      "201 with a sid that is none",
      { body: '{"sid":{"a":1}}' },
      { kind: "accepted", receipt: null },
    ],
    [
      "429 with Retry-After",
      { status: 429, code: 20429, headers: { "retry-after": "3" } },
      { kind: "later", retryAfterMs: 3000 },
    ],
    ["502 in HTML", stubAnswers.badGateway, unknown],
    ["a redirect", stubAnswers.redirected, misconfigured],
    ["the connection dropped", stubAnswers.acceptedThenDropped, unknown],
  ])("%s", async (_, answer, outcome) => {
    stub.behave(() => answer);
    expect(await twilio.send(anSms(), noDeadline)).toMatchObject(outcome);
  });
});

describe("asking what became of an unknown text", () => {
  test("one that was taken though the answer was lost is found by number, text and time", async () => {
    stub.behave(() => stubAnswers.acceptedThenDropped);
    const message = anSms({ to: "+447700900777" });
    expect(await twilio.send(message, noDeadline)).toMatchObject({ kind: "unknown" });
    const sent = {
      deliveryId: message.deliveryId,
      to: message.to,
      textSha256: hash("sha256", message.text),
      startedAt: now,
    };
    expect(await twilio.lookUp?.(sent, noDeadline)).toEqual({
      kind: "accepted",
      receipt: expect.stringMatching(/^SM/),
    });
    const other = { ...sent, textSha256: hash("sha256", "another text") };
    expect(await twilio.lookUp?.(other, noDeadline)).toBeUndefined();
    now = new Date(now.getTime() + 300_000);
    expect(await twilio.lookUp?.(other, noDeadline)).toBeUndefined();
    expect(await twilio.lookUp?.({ ...sent, textSha256: null }, noDeadline)).toBeUndefined();
    const minutesLater = (minutes: number) => new Date(sent.startedAt.getTime() + minutes * 60_000);
    expect(
      await twilio.lookUp?.({ ...sent, startedAt: minutesLater(9) }, noDeadline),
    ).toMatchObject({ kind: "accepted" });
    expect(
      await twilio.lookUp?.({ ...sent, startedAt: minutesLater(11) }, noDeadline),
    ).toBeUndefined();
  });

  test("one that is not listed was not taken, but only after two minutes", async () => {
    const startedAt = now;
    const sent = {
      deliveryId: anSms().deliveryId,
      to: "+447700900888",
      textSha256: hash("sha256", "lost"),
      startedAt,
    };
    now = new Date(startedAt.getTime() + 119_000);
    expect(await twilio.lookUp?.(sent, noDeadline)).toBeUndefined();
    now = new Date(startedAt.getTime() + 120_000);
    expect(await twilio.lookUp?.(sent, noDeadline)).toMatchObject({
      kind: "later",
      counted: false,
    });
  });

  test("a list that is cut off before the time in question tells nothing", async () => {
    const to = "+447700900999";
    await Promise.all(Array.from({ length: 101 }, () => twilio.send(anSms({ to }), noDeadline)));
    const sent = {
      deliveryId: anSms().deliveryId,
      to,
      textSha256: hash("sha256", "lost"),
      startedAt: now,
    };
    now = new Date(now.getTime() + 600_000);
    expect(await twilio.lookUp?.(sent, noDeadline)).toBeUndefined();
  });

  test("when the provider is away, nobody can tell", async () => {
    const away = createTwilio({ ...account, baseUrl: "http://127.0.0.1:1" });
    expect(
      await away.lookUp?.(
        {
          deliveryId: "x",
          to: "+447700900123",
          textSha256: hash("sha256", "x"),
          startedAt: new Date(0),
        },
        noDeadline,
      ),
    ).toBeUndefined();
    await away.close();
  });
});
