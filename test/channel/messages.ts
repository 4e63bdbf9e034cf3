import { randomUUID } from "node:crypto";
import type { Outgoing } from "../../src/channel/channel.ts";

/** A message to Ann, as the ledger hands it over. */
export function anEmail(changes: Partial<Outgoing> = {}): Outgoing {
  return {
    deliveryId: randomUUID(),
    channel: "email",
    to: "ann@example.com",
    from: "Our shop <hello@shop.example>",
    replyTo: null,
    subject: "Thank you, Ann",
    html: "<p>Thank you for your order.</p>",
    text: "Thank you for your order.",
    headers: {
      "List-Unsubscribe": "<https://shop.example/l/token>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    reportUrl: null,
    validUntil: null,
    ...changes,
  };
}

export function anSms(changes: Partial<Outgoing> = {}): Outgoing {
  return anEmail({
    channel: "sms",
    to: "+447700900123",
    from: "+447700900000",
    subject: null,
    html: null,
    headers: {},
    ...changes,
  });
}

/** A signal that never aborts: the deadline is the engine's affair. */
export const noDeadline: AbortSignal = new AbortController().signal;
