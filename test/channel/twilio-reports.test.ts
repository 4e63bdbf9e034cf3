import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { Report, ReportRequest, ReportsRead } from "../../src/channel/channel.ts";
import { twilioSignature } from "../../src/channel/stub-signature.ts";
import { createTwilio } from "../../src/channel/twilio.ts";

const twilio = createTwilio({ accountSid: `AC${"0".repeat(32)}`, authToken: "token" });
afterAll(() => twilio.close());

const deliveryId = randomUUID();
const statusUrl = `https://shop.example/hooks/sms?a=1&delivery_id=${deliveryId}`;
const receivedAt = new Date("2026-01-12T12:00:00Z");

function read(
  fields: Record<string, string>,
  changes: Partial<ReportRequest> = {},
): ReportsRead | undefined {
  const headers = { "x-twilio-signature": twilioSignature("token", statusUrl, fields) };
  return twilio.readReports?.({
    headers,
    body: Buffer.from(new URLSearchParams(fields).toString()),
    url: statusUrl,
    receivedAt,
    ...changes,
  });
}

function reportOf(fields: Record<string, string>): Report | undefined {
  const result = read({ MessageSid: "SM1", ...fields });
  return result?.kind === "read" ? result.reports[0] : undefined;
}

test.each([
  ["queued", "", "accepted"],
  ["sent", "", "accepted"],
  ["delivered", "", "delivered"],
  ["read", "", "opened"],
  ["undelivered", "30003", "blocked"],
  ["undelivered", "30008", "blocked"],
  ["undelivered", "30500", "blocked"],
  ["failed", "30001", "throttled"],
  ["undelivered", "30610", "quiet_hours"],
  ["undelivered", "30005", "bounced"],
  ["undelivered", "30006", "bounced"],
  ["failed", "21610", "failed", "unsubscribed"],
  ["undelivered", "30640", "failed", "unsubscribed"],
  ["undelivered", "30007", "failed"],
  ["undelivered", "30034", "misconfigured"],
  ["failed", "21408", "misconfigured"],
  ["failed", "30002", "misconfigured"],
  ["failed", "99999", "failed"],
  ["canceled", "", "failed"],
  ["partially_delivered", "", "other"],
])("status %s with error %j is %s", (MessageStatus, ErrorCode, kind, because?: string) => {
  expect(reportOf({ MessageStatus, ErrorCode })?.because).toBe(because);
  expect(reportOf({ MessageStatus, ErrorCode })).toMatchObject({
    kind,
    eventId: `SM1:${MessageStatus}`,
    deliveryId,
    receipt: "SM1",
    at: receivedAt,
    code: ErrorCode || null,
  });
});

test.each([
  ["STOP", "opt_out"],
  ["Start", "opt_in"],
  ["help", "help"],
  ["Please do not stop", "reply"],
  ["", "reply"],
])("the text %j from a customer is %s", (Body, kind) => {
  expect(reportOf({ Body, From: "+447700900123", SmsStatus: "received" })).toMatchObject({
    kind,
    eventId: "SM1",
    from: "+447700900123",
    deliveryId: null,
    detail: Body || null,
  });
});

test("what Twilio itself has understood counts before the words", () => {
  expect(reportOf({ Body: "Ya basta ya", From: "+447700900123", OptOutType: "STOP" })?.kind).toBe(
    "opt_out",
  );
});

describe("what is believed", () => {
  const fields = { MessageSid: "SM1", MessageStatus: "delivered" };

  test.each([
    ["no signature", { headers: {} }],
    [
      "another token's",
      { headers: { "x-twilio-signature": twilioSignature("old token", statusUrl, fields) } },
    ],
    ["another URL", { url: statusUrl.replace(deliveryId, randomUUID()) }],
    ["a changed field", { body: Buffer.from("MessageSid=SM1&MessageStatus=failed") }],
    [
      "a field more",
      { body: Buffer.from("MessageSid=SM1&MessageStatus=delivered&ErrorCode=30005") },
    ],
  ])("%s is forged", (_, changes) => {
    expect(read(fields, changes)).toMatchObject({ kind: "forged" });
  });

  test("the port that a proxy adds does no harm", () => {
    expect(
      read(fields, { url: statusUrl.replace("shop.example", "shop.example:443") }),
    ).toMatchObject({ kind: "read", reports: [{}] });
  });

  test.each([
    { MessageStatus: "delivered" },
    { MessageSid: "SM1" },
    { MessageSid: "SM 1; drop", MessageStatus: "sent" },
  ])("a signed form that says nothing, %j, is read and found empty", (form) => {
    expect(read(form as Record<string, string>)).toMatchObject({
      kind: "read",
      reports: [],
      unread: [expect.any(String)],
    });
  });
});
