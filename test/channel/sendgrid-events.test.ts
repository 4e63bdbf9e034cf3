import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Report, ReportsRead } from "../../src/channel/channel.ts";
import { readSendgridEvents, sendgridEventKey } from "../../src/channel/sendgrid-events.ts";
import { createSendgridSigner } from "../../src/channel/stub-signature.ts";

const signer = createSendgridSigner();
const key = sendgridEventKey(signer.publicKey);
const now = new Date("2026-01-12T12:00:00Z");
const deliveryId = randomUUID();

function read(
  events: unknown,
  changes: { body?: string; headers?: Record<string, string>; at?: Date } = {},
): ReportsRead {
  const signed = JSON.stringify(events);
  const headers = { ...signer.sign(signed, changes.at ?? now), ...changes.headers };
  return readSendgridEvents(
    {
      headers,
      body: Buffer.from(changes.body ?? signed),
      url: "https://shop.example/hooks/sendgrid",
      receivedAt: now,
    },
    key,
  );
}

function reportOf(event: Record<string, unknown>): Report | undefined {
  const result = read([
    {
      email: "ann@example.com",
      timestamp: 1768219200,
      sg_event_id: "e1",
      delivery_id: deliveryId,
      ...event,
    },
  ]);
  return result.kind === "read" ? result.reports[0] : undefined;
}

describe("each event means one thing", () => {
  test.each([
    [{ event: "processed" }, "accepted"],
    [{ event: "delivered" }, "delivered"],
    [{ event: "deferred" }, "deferred"],
    [{ event: "bounce", type: "bounce" }, "bounced"],
    [{ event: "bounce" }, "bounced"],
    [{ event: "bounce", type: "blocked" }, "blocked"],
    [{ event: "dropped", reason: "Bounced Address" }, "bounced"],
    [{ event: "dropped", reason: "Invalid" }, "bounced"],
    [{ event: "dropped", reason: "Unsubscribed Address" }, "failed", "unsubscribed"],
    [{ event: "dropped", reason: "Spam Reporting Address" }, "failed", "complained"],
    [{ event: "dropped", reason: "Invalid SMTPAPI header" }, "failed"],
    [{ event: "open" }, "opened"],
    [{ event: "click", url: "https://shop.example/a" }, "clicked"],
    [{ event: "spamreport" }, "complained"],
    [{ event: "unsubscribe" }, "unsubscribed"],
    [{ event: "group_unsubscribe" }, "unsubscribed"],
    [{ event: "group_resubscribe" }, "other"],
    [{ event: "something new" }, "other"],
  ])("%j is %s", (event, kind, because?: string) => {
    expect(reportOf(event)?.because).toBe(because);
    expect(reportOf(event)).toMatchObject({
      kind,
      deliveryId,
      eventId: "e1",
      at: now,
      machine: false,
    });
  });

  test("an open by Apple's proxy is a machine's", () => {
    expect(reportOf({ event: "open", sg_machine_open: true })).toMatchObject({
      kind: "opened",
      machine: true,
    });
  });

  test("the receipt is what the answer to the call held", () => {
    expect(
      reportOf({
        event: "delivered",
        sg_message_id: "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
      }),
    ).toMatchObject({ receipt: "14c5d75ce93" });
  });

  test("a late bounce without sg_message_id finds its delivery by the custom argument", () => {
    expect(reportOf({ event: "bounce", status: "5.1.1" })).toMatchObject({
      deliveryId,
      receipt: null,
      kind: "bounced",
      code: "5.1.1",
    });
  });

  test("an event without an id of its own has the same id every time", () => {
    const event = { event: "delivered", sg_event_id: undefined };
    expect(reportOf(event)?.eventId).toMatch(/^sha256:/);
    expect(reportOf(event)?.eventId).toBe(reportOf(event)?.eventId);
    expect(reportOf({ ...event, timestamp: 1 })?.eventId).not.toBe(reportOf(event)?.eventId);
  });

  test("a foreign server's reason is one line without the address", () => {
    expect(
      reportOf({ event: "bounce", reason: "550\r\n<ann@example.com>\0 unknown \ud800" })?.detail,
    ).toBe("550 <(address)> unknown \ufffd");
  });

  test("a delivery id that is none of ours is not passed on", () => {
    expect(reportOf({ event: "delivered", delivery_id: "'; drop table" })?.deliveryId).toBeNull();
  });
});

describe("what is believed", () => {
  const good = [{ event: "delivered", timestamp: 1768219200, sg_event_id: "e" }];

  test("one bad entry does not lose the others", () => {
    const result = read([
      ...good,
      null,
      7,
      { event: "open" },
      { event: "open", timestamp: "soon" },
      ...good,
    ]);
    expect(result).toMatchObject({ kind: "read", reports: [{}, {}] });
    expect(result.kind === "read" && result.unread).toHaveLength(4);
  });

  test("a signed body that is no array is read and found empty", () => {
    expect(read({ event: "delivered" })).toEqual({
      kind: "read",
      reports: [],
      unread: ["expected an array of events"],
    });
  });

  test.each([
    ["repeated a day later passes: its ids tell that it is known", 24, "read"],
    ["of two days ago passes", 48, "read"],
    ["of longer ago is refused, however well it is signed", 48.1, "forged"],
  ])("a batch %s", (_, hours, kind) => {
    expect(read(good, { at: new Date(now.getTime() - hours * 3_600_000) }).kind).toBe(kind);
  });

  test.each([
    ["a changed byte", { body: JSON.stringify(good).replace("delivered", "delivereD") }],
    ["another timestamp", { headers: { "x-twilio-email-event-webhook-timestamp": "1" } }],
    ["another's signature", { headers: createSendgridSigner().sign(JSON.stringify(good), now) }],
    [
      "a signature that is no DER",
      { headers: { "x-twilio-email-event-webhook-signature": "AAAA" } },
    ],
    ["an empty signature", { headers: { "x-twilio-email-event-webhook-signature": "" } }],
  ])("%s is forged", (_, changes) => {
    expect(read(good, changes).kind).toBe("forged");
  });

  test("without a key nothing is believed", () => {
    const request = {
      headers: {},
      body: Buffer.from("[]"),
      url: "https://shop.example",
      receivedAt: now,
    };
    expect(readSendgridEvents(request, undefined).kind).toBe("forged");
  });

  test("a key that is none is refused at once, and PEM is taken as well", () => {
    expect(() => sendgridEventKey("nonsense")).toThrow(/webhookKey: expected the verification key/);
    expect(
      sendgridEventKey(`-----BEGIN PUBLIC KEY-----\n${signer.publicKey}\n-----END PUBLIC KEY-----`)
        .asymmetricKeyType,
    ).toBe("ec");
  });
});
