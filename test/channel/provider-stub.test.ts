import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Provider } from "../../src/channel/channel.ts";
import {
  type ProviderStub,
  type ProviderStubOptions,
  startProviderStub,
} from "../../src/channel/provider-stub.ts";
import { forkProviderStub } from "../../src/channel/provider-stub-process.ts";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { stubAnswers } from "../../src/channel/stub-answer.ts";
import type { StubEvent } from "../../src/channel/stub-event.ts";
import { createTwilio } from "../../src/channel/twilio.ts";
import { anEmail, anSms, noDeadline } from "./messages.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

const now = new Date("2026-01-12T12:00:00Z");
let receiver: WebhookReceiver;
let stub: ProviderStub;
let sendgrid: Provider;
let twilio: Provider;
beforeEach(async () => void (receiver = await startWebhookReceiver(() => now)));
afterEach(async () => {
  await Promise.all([stub.close(), sendgrid.close(), twilio.close()]);
  await receiver.close();
});

async function start(options: ProviderStubOptions = {}): Promise<void> {
  const webhooks = {
    sendgridUrl: `${receiver.url}/events`,
    twilioInboundUrl: `${receiver.url}/inbound`,
    follow: receiver.url,
    pace: "manual" as const,
  };
  stub = await startProviderStub({
    clock: { now: () => now },
    ...options,
    webhooks: { ...webhooks, ...options.webhooks },
  });
  sendgrid = createSendgrid({
    apiKey: "key",
    baseUrl: stub.url,
    webhookKey: stub.sendgridPublicKey,
  });
  twilio = createTwilio({
    accountSid: `AC${"0".repeat(32)}`,
    authToken: stub.twilioAuthToken,
    baseUrl: stub.url,
  });
}

function happening(...events: StubEvent[]): ProviderStubOptions["behaviour"] {
  return () => ({ events });
}
const life: StubEvent[] = [
  { what: "processed", afterMs: 1000 },
  { what: "deferred", afterMs: 2000 },
  { what: "delivered", afterMs: 60_000 },
  { what: "complained", afterMs: 3_600_000 },
];

describe("SendGrid's events", () => {
  test("are signed, in order, and lead home", async () => {
    await start({ behaviour: happening(...life) });
    const message = anEmail();
    const outcome = await sendgrid.send(message, noDeadline);
    await stub.deliverDue();
    const reports = receiver.reports(sendgrid);
    expect(reports.map(({ kind }) => kind)).toEqual([
      "accepted",
      "deferred",
      "delivered",
      "complained",
    ]);
    expect(new Set(reports.map(({ deliveryId }) => deliveryId))).toEqual(
      new Set([message.deliveryId]),
    );
    expect(reports[0]?.receipt).toBe(outcome.kind === "accepted" && outcome.receipt);
    expect(reports[2]?.at).toEqual(new Date(now.getTime() + 60_000));
  });

  test("happen when their time has come, not before", async () => {
    await start({ behaviour: happening(...life) });
    await sendgrid.send(anEmail(), noDeadline);
    expect(await stub.deliverDue(new Date(now.getTime() + 59_999))).toBe(2);
    expect(await stub.deliverDue(new Date(now.getTime() + 60_000))).toBe(1);
    expect(stub.pending).toBe(1);
  });

  test("can come in any order and many times over, with the same ids", async () => {
    await start({
      behaviour: happening(...life),
      seed: "3",
      webhooks: { order: "shuffled", copies: 10 },
    });
    await sendgrid.send(anEmail(), noDeadline);
    await stub.deliverDue();
    const reports = receiver.reports(sendgrid);
    expect(reports).toHaveLength(40);
    expect(new Set(reports.map(({ eventId }) => eventId)).size).toBe(4);
  });

  test("unsigned ones are there to be refused", async () => {
    await start({ behaviour: happening(...life), webhooks: { signed: "not" } });
    await sendgrid.send(anEmail(), noDeadline);
    await stub.deliverDue();
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.reports(sendgrid)).toEqual([]);
  });

  test("those signed with an old key are there to be refused, too", async () => {
    await start({ behaviour: happening(...life), webhooks: { signed: "old_key" } });
    await sendgrid.send(anEmail(), noDeadline);
    await stub.deliverDue();
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.reports(sendgrid)).toEqual([]);
  });

  test("of strangers may come among them", async () => {
    await start({ behaviour: happening(...life), webhooks: { strangers: 2 } });
    const message = anEmail();
    await sendgrid.send(message, noDeadline);
    await stub.deliverDue();
    const reports = receiver.reports(sendgrid);
    expect(reports).toHaveLength(6);
    expect(reports.filter(({ deliveryId }) => deliveryId !== message.deliveryId)).toHaveLength(2);
  });

  test("are repeated until they are taken", async () => {
    await start({ behaviour: happening(...life) });
    receiver.status = 500;
    await sendgrid.send(anEmail(), noDeadline);
    await stub.deliverDue();
    expect(stub.pending).toBe(4);
    receiver.status = 200;
    await stub.deliverDue();
    expect(stub.pending).toBe(0);
    expect(stub.lost).toBe(0);
  });

  test("a bounce that comes late does not know its message id", async () => {
    await start({ behaviour: happening({ what: "bounced_late", afterMs: 1 }) });
    const message = anEmail();
    await sendgrid.send(message, noDeadline);
    await stub.deliverDue();
    expect(receiver.reports(sendgrid)).toMatchObject([
      { kind: "bounced", receipt: null, deliveryId: message.deliveryId },
    ]);
  });
});

test("Twilio's callbacks are signed and go where the message says, and what a customer writes goes to the inbound address", async () => {
  await start({
    behaviour: happening(
      { what: "processed", afterMs: 1 },
      { what: "bounced", afterMs: 2 },
      { what: "replied", afterMs: 3, text: "STOP" },
    ),
  });
  const message = anSms({ reportUrl: `${receiver.url}/status` });
  await twilio.send(message, noDeadline);
  await stub.deliverDue();
  expect(receiver.reports(twilio)).toMatchObject([
    { kind: "accepted", deliveryId: message.deliveryId },
    { kind: "bounced", code: "30005", deliveryId: message.deliveryId },
    { kind: "opt_out", from: message.to },
  ]);
  expect(await stub.write("+447700900555", "+447700900000", "help")).toBe(true);
  expect(receiver.reports(twilio).at(-1)).toMatchObject({ kind: "help", from: "+447700900555" });
});

test("customers fetch the images, click a link, and leave in one click; nothing outside is ever requested", async () => {
  await start({
    behaviour: happening(
      { what: "opened", afterMs: 1 },
      { what: "clicked", afterMs: 2 },
      { what: "left", afterMs: 3 },
    ),
  });
  const html = `<img alt="" src="${receiver.url}/o/1?a=1&amp;b=2"><img src="https://elsewhere.example/logo.png"><a class="x" href="${receiver.url}/c/1">buy</a> <a href="https://elsewhere.example">no</a> <a href="${receiver.url}/preferences/t">leave</a>`;
  await sendgrid.send(
    anEmail({ html, headers: { "List-Unsubscribe": `<${receiver.url}/u/token>` } }),
    noDeadline,
  );
  await stub.deliverDue();
  expect(receiver.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /o/1?a=1&b=2",
    "GET /c/1",
    "POST /u/token",
  ]);
  expect(receiver.requests[2]?.body.toString()).toBe("List-Unsubscribe=One-Click");
});

test("a text's link is clicked too", async () => {
  await start({ behaviour: happening({ what: "clicked", afterMs: 1 }) });
  await twilio.send(anSms({ text: `Hi Ann: ${receiver.url}/c/2 bye` }), noDeadline);
  await stub.deliverDue();
  expect(receiver.requests.map(({ path }) => path)).toEqual(["/c/2"]);
});

test("every delivery is counted: how often it was asked for, and how often it was taken", async () => {
  await start();
  const message = anEmail();
  stub.behave(() => ({ status: 500, taken: true }));
  await sendgrid.send(message, noDeadline);
  stub.behave(() => ({ status: 429 }));
  await sendgrid.send(message, noDeadline);
  expect(stub.seen.get(message.deliveryId)).toEqual({ requests: 2, taken: 1 });
  expect(stub.requests).toBe(2);
});

test.each([
  ["acceptedInHalfJson", { kind: "accepted" }],
  ["acceptedAsAnother", { kind: "accepted" }],
  ["acceptedAsBomb", { kind: "accepted" }],
  ["tooManyUntilReset", { kind: "later", throttle: true }],
  ["tooManyRetryAfter", { kind: "later", retryAfterMs: 3000 }],
] as const)("an answer %s is read for what it is", async (name, outcome) => {
  await start({ behaviour: () => stubAnswers[name] });
  expect(await sendgrid.send(anEmail(), noDeadline)).toMatchObject(outcome);
  expect(await twilio.send(anSms(), noDeadline)).toMatchObject(outcome);
});

test("with a pace of their own, the reports come by themselves", async () => {
  await start({ behaviour: happening(...life), webhooks: { pace: 1_000_000 } });
  await sendgrid.send(anEmail(), noDeadline);
  await vi.waitFor(() => expect(receiver.reports(sendgrid)).toHaveLength(4), { timeout: 10_000 });
  await vi.waitFor(() => expect(stub.pending).toBe(0));
});

test("what is on its way to the webhook is still pending", async () => {
  await start({ behaviour: happening(...life) });
  await sendgrid.send(anEmail(), noDeadline);
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  receiver.answersAfter = answered;
  const delivering = stub.deliverDue();
  await vi.waitFor(() => expect(receiver.requests).toHaveLength(1));
  expect(stub.pending).toBe(4);
  answer();
  await delivering;
  expect(stub.pending).toBe(0);
});

test("in a process of its own it does the same", async () => {
  await start();
  const forked = await forkProviderStub({
    seed: "x",
    behaviour: { faults: { serverErrorButTaken: 1 } },
    webhooks: { sendgridUrl: receiver.url, pace: "manual" },
  });
  const provider = createSendgrid({
    apiKey: "key",
    baseUrl: forked.url,
    webhookKey: forked.sendgridPublicKey,
  });
  const message = anEmail();
  expect(await provider.send(message, noDeadline)).toMatchObject({ kind: "unknown" });
  expect(await forked.deliverDue()).toBe(1);
  expect(receiver.reports(provider)).toMatchObject([
    { kind: "delivered", deliveryId: message.deliveryId },
  ]);
  expect(await forked.count()).toMatchObject({
    requests: 1,
    deliveries: 1,
    taken: 1,
    takenTwice: 0,
    requestedTwice: 0,
    pending: 0,
  });
  await provider.close();
  await forked.close();
  await forked.close();
});

test("the log has a line a request, written before the answer", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waypost-stub-"));
  await start({ log: join(folder, "log") });
  const messages = Array.from({ length: 50 }, () => anEmail());
  await Promise.all(messages.map((message) => sendgrid.send(message, noDeadline)));
  const lines = (await readFile(join(folder, "log"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(new Set(lines.map(({ deliveryId }) => deliveryId))).toEqual(
    new Set(messages.map(({ deliveryId }) => deliveryId)),
  );
  await rm(folder, { recursive: true });
});
