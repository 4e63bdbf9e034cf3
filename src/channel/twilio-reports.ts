import type { Report, ReportRequest, ReportsRead } from "./channel.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import { intentOf } from "./text-intent.ts";
import { fateOfFailure } from "./twilio-answers.ts";
import { untrustedText, untrustedTextOrNull } from "./untrusted-text.ts";

type Fields = Readonly<Record<string, string | string[]>>;

/** Status callbacks and inbound texts: both are forms, signed over the public URL and every field. */
export function readTwilioReport(
  request: ReportRequest,
  isSigned: (signature: string, fields: Fields) => boolean,
): ReportsRead {
  const signature = request.headers["x-twilio-signature"];
  if (signature === undefined)
    return { kind: "forged", detail: "twilio: the request carries no signature" };
  const fields = formOf(request.body);
  if (!isSigned(signature, fields)) {
    return {
      kind: "forged",
      detail:
        "twilio: the signature does not match; is the public URL right, and the auth token the primary one?",
    };
  }
  const field = (name: string): string | undefined => [fields[name]].flat()[0];
  const sid = field("MessageSid") ?? field("SmsSid");
  if (sid === undefined || !/^\w{1,80}$/.test(sid))
    return { kind: "read", reports: [], unread: ["expected a MessageSid"] };
  const status = field("MessageStatus") ?? field("SmsStatus");
  if (field("Body") !== undefined && (status === undefined || status === "received"))
    return { kind: "read", reports: [inbound(sid, field, request)], unread: [] };
  if (status === undefined)
    return { kind: "read", reports: [], unread: ["expected a MessageStatus or a Body"] };
  return { kind: "read", reports: [statusReport(sid, status, field, request)], unread: [] };
}

type Field = (name: string) => string | undefined;

const kinds: Readonly<Record<string, Report["kind"]>> = {
  accepted: "accepted",
  scheduled: "accepted",
  queued: "accepted",
  sending: "accepted",
  sent: "accepted",
  delivered: "delivered",
  read: "opened",
  canceled: "failed",
};

function statusReport(sid: string, status: string, field: Field, request: ReportRequest): Report {
  const name = untrustedText(status, [], 40);
  const code = field("ErrorCode");
  const to = field("To");
  return {
    // Twilio repeats a callback with the same status; another status of the same message is another event.
    eventId: `${sid}:${name}`,
    deliveryId: deliveryIdOf(URL.parse(request.url)?.searchParams.get("delivery_id")),
    receipt: sid,
    ...(name === "failed" || name === "undelivered"
      ? fateOfFailure(code)
      : { kind: kinds[name] ?? "other" }),
    at: request.receivedAt,
    from: null,
    code: untrustedTextOrNull(code, [], 50),
    detail: untrustedTextOrNull(field("ErrorMessage"), to === undefined ? [] : [to]),
    url: null,
    machine: false,
  };
}

function inbound(sid: string, field: Field, request: ReportRequest): Report {
  const text = field("Body") ?? "";
  return {
    eventId: sid,
    deliveryId: null,
    receipt: sid,
    kind: optOutTypes[field("OptOutType") ?? ""] ?? intentOf(text),
    at: request.receivedAt,
    from: untrustedTextOrNull(field("From"), [], 40),
    code: null,
    detail: untrustedTextOrNull(text, [], 1600),
    url: null,
    machine: false,
  };
}

/** What Twilio itself made of the text, when Advanced Opt-Out is on: it has already answered accordingly. */
const optOutTypes: Readonly<Record<string, Report["kind"]>> = {
  STOP: "opt_out",
  START: "opt_in",
  HELP: "help",
};

function formOf(body: Buffer): Fields {
  const fields = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(body.toString("utf8"))) {
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
