import type { StubEvent, TakenMessage } from "./stub-event.ts";

/** An event in SendGrid's words; undefined for what SendGrid does not see, since our links and pixels are our own. */
export function sendgridEvent(
  message: TakenMessage,
  event: StubEvent,
  at: Date,
  id: string,
): Readonly<Record<string, unknown>> | undefined {
  const words = sendgridWords[event.what];
  if (words === undefined) return undefined;
  return {
    email: message.to,
    timestamp: Math.floor(at.getTime() / 1000),
    ...(event.what === "bounced_late"
      ? {}
      : {
          sg_message_id: `${message.receipt}.recvd-stub-1-0.0`,
          "smtp-id": `<${message.receipt}@stub.invalid>`,
        }),
    sg_event_id: id,
    ...(message.deliveryId === null ? {} : { delivery_id: message.deliveryId }),
    ...words,
    ...(event.text === undefined ? {} : { reason: event.text }),
  };
}

const sendgridWords: Partial<
  Readonly<Record<StubEvent["what"], Readonly<Record<string, string>>>>
> = {
  processed: { event: "processed" },
  delivered: { event: "delivered", response: "250 2.0.0 OK" },
  deferred: { event: "deferred", response: "450 4.2.0 try again later", attempt: "1" },
  bounced: {
    event: "bounce",
    type: "bounce",
    status: "5.1.1",
    reason: "550 5.1.1 The account that you tried to reach does not exist",
  },
  bounced_late: {
    event: "bounce",
    type: "bounce",
    status: "5.1.1",
    reason: "550 5.1.1 User unknown",
  },
  blocked: {
    event: "bounce",
    type: "blocked",
    status: "5.7.1",
    reason: "550 5.7.1 Message blocked",
  },
  dropped: { event: "dropped", reason: "Bounced Address" },
  complained: { event: "spamreport" },
};

/** The status callbacks of an SMS; the failures carry an error code. */
export function twilioStatus(event: StubEvent): Readonly<Record<string, string>> | undefined {
  switch (event.what) {
    case "processed":
      return { MessageStatus: "sent" };
    case "delivered":
      return { MessageStatus: "delivered" };
    case "bounced":
    case "bounced_late":
      return { MessageStatus: "undelivered", ErrorCode: event.text ?? "30005" };
    case "blocked":
      return { MessageStatus: "undelivered", ErrorCode: event.text ?? "30003" };
    case "dropped":
      return { MessageStatus: "failed", ErrorCode: event.text ?? "30007" };
    default:
      return undefined;
  }
}
