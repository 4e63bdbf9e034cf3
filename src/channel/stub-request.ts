import { z } from "zod";
import { jsonOf } from "./call-outcome.ts";
import { deliveryIdOf } from "./delivery-id.ts";

/** A message as it reached the stub. Only the delivery id is looked for at once; the rest is read when it is asked for. */
export class StubRequest {
  readonly provider: "sendgrid" | "twilio";
  readonly deliveryId: string | null;
  /** Which request with this delivery id it is, from 1. */
  readonly attempt: number;
  readonly #body: Buffer;
  #message: StubMessage | undefined;

  constructor(
    provider: "sendgrid" | "twilio",
    body: Buffer,
    countAttempt: (deliveryId: string | null) => number,
  ) {
    this.provider = provider;
    this.#body = body;
    this.deliveryId = findDeliveryId(provider, body);
    this.attempt = countAttempt(this.deliveryId);
  }

  get message(): StubMessage {
    this.#message ??=
      this.provider === "sendgrid" ? sendgridMessage(this.#body) : twilioMessage(this.#body);
    return this.#message;
  }
}

export interface StubMessage {
  readonly to: string;
  readonly from: string;
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly statusCallback: string | null;
}

const marks = { sendgrid: Buffer.from('"delivery_id":"'), twilio: Buffer.from("delivery_id%3D") };

function findDeliveryId(provider: "sendgrid" | "twilio", body: Buffer): string | null {
  const mark = marks[provider];
  const at = body.indexOf(mark);
  return at < 0
    ? null
    : deliveryIdOf(body.toString("latin1", at + mark.length, at + mark.length + 36));
}

const sendgridBody = z.object({
  from: z.object({ email: z.string() }),
  subject: z.string().optional(),
  personalizations: z.tuple([
    z.object({
      to: z.tuple([z.object({ email: z.string() })]),
      headers: z.record(z.string(), z.string()).default({}),
    }),
  ]),
  content: z.array(z.object({ type: z.string(), value: z.string() })),
});

function sendgridMessage(body: Buffer): StubMessage {
  const mail = sendgridBody.parse(jsonOf(body.toString("utf8")));
  const part = (type: string): string | undefined =>
    mail.content.find((content) => content.type === type)?.value;
  const [{ to, headers }] = mail.personalizations;
  return {
    to: to[0].email,
    from: mail.from.email,
    subject: mail.subject ?? null,
    text: part("text/plain") ?? "",
    html: part("text/html") ?? null,
    headers,
    statusCallback: null,
  };
}

function twilioMessage(body: Buffer): StubMessage {
  const form = new URLSearchParams(body.toString("utf8"));
  return {
    to: form.get("To") ?? "",
    from: form.get("From") ?? form.get("MessagingServiceSid") ?? "",
    subject: null,
    text: form.get("Body") ?? "",
    html: null,
    headers: {},
    statusCallback: form.get("StatusCallback"),
  };
}
