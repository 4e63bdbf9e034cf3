import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import { WaypostError } from "../errors.ts";
import { jsonOf } from "./call-outcome.ts";
import type { Report, ReportRequest, ReportsRead } from "./channel.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import { untrustedText, untrustedTextOrNull } from "./untrusted-text.ts";

/** SendGrid's verification key: base64 of the DER, as its settings page shows it, or PEM. */
export function sendgridEventKey(text: string): KeyObject {
  const base64 = text.replace(/-----[A-Z ]+-----|\s/g, "");
  try {
    const key = createPublicKey({
      key: Buffer.from(base64, "base64"),
      format: "der",
      type: "spki",
    });
    if (key.asymmetricKeyType !== "ec") throw new Error(`it is of type ${key.asymmetricKeyType}`);
    return key;
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_CHANNEL",
      "sendgrid webhookKey: expected the verification key of the signed event webhook (Settings > Mail Settings > Event Webhook), got something else",
      { cause },
    );
  }
}

/**
 * SendGrid repeats a batch that was not taken for 24 hours, and does not say whether under its first timestamp. Twice
 * that, so that no true report is refused over a clock.
 */
const oldestMs = 48 * 60 * 60 * 1000;

/**
 * The signed event webhook: ECDSA P-256 over the timestamp header and the raw body. A batch that is older than any
 * repetition is refused; younger replays fall on their `sg_event_id`.
 */
export function readSendgridEvents(
  request: ReportRequest,
  key: KeyObject | undefined,
): ReportsRead {
  if (key === undefined)
    return {
      kind: "forged",
      detail: "sendgrid: no webhookKey is set, so no report can be believed",
    };
  if (!isSigned(request, key))
    return { kind: "forged", detail: "sendgrid: the signature does not match the body" };
  if (!isOfLate(request)) return { kind: "forged", detail: "sendgrid: the timestamp is too old" };
  const entries = jsonOf(request.body.toString("utf8"));
  if (!Array.isArray(entries))
    return { kind: "read", reports: [], unread: ["expected an array of events"] };
  const reports: Report[] = [];
  const unread: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = eventSchema.safeParse(entry);
    if (parsed.success) reports.push(reportOf(parsed.data));
    else unread.push(`event ${index}: ${untrustedText(z.prettifyError(parsed.error), [], 200)}`);
  }
  return { kind: "read", reports, unread };
}

function isSigned(request: ReportRequest, key: KeyObject): boolean {
  const signature = request.headers["x-twilio-email-event-webhook-signature"];
  const timestamp = request.headers["x-twilio-email-event-webhook-timestamp"];
  if (signature === undefined || timestamp === undefined) return false;
  const signed = Buffer.concat([Buffer.from(timestamp), request.body]);
  return verify("sha256", signed, key, Buffer.from(signature, "base64"));
}

function isOfLate({ headers, receivedAt }: ReportRequest): boolean {
  const seconds = Number(headers["x-twilio-email-event-webhook-timestamp"]);
  return receivedAt.getTime() - seconds * 1000 <= oldestMs;
}

const text = z.string().optional().catch(undefined);
const eventSchema = z.object({
  event: z.string(),
  timestamp: z.coerce.number().min(0).max(4_102_444_800),
  email: text,
  sg_event_id: text,
  sg_message_id: text,
  delivery_id: text,
  type: text,
  reason: text,
  response: text,
  status: text,
  url: text,
  sg_machine_open: z.boolean().optional().catch(undefined),
});
type Event = z.output<typeof eventSchema>;

const kinds: Readonly<Record<string, Report["kind"]>> = {
  processed: "accepted",
  delivered: "delivered",
  deferred: "deferred",
  bounce: "bounced",
  blocked: "blocked",
  dropped: "failed",
  open: "opened",
  click: "clicked",
  spamreport: "complained",
  unsubscribe: "unsubscribed",
  group_unsubscribe: "unsubscribed",
};

/** Why SendGrid never tried: the address is on one of its own lists. Any other reason is the message's. */
const dropReasons: Readonly<Record<string, Pick<Report, "kind" | "because">>> = {
  "bounced address": { kind: "bounced" },
  invalid: { kind: "bounced" },
  "unsubscribed address": { kind: "failed", because: "unsubscribed" },
  "spam reporting address": { kind: "failed", because: "complained" },
};

function fateOf(event: Event): Pick<Report, "kind" | "because"> {
  if (event.event === "bounce" && event.type === "blocked") return { kind: "blocked" };
  const dropped =
    event.event === "dropped" && dropReasons[event.reason?.trim().toLowerCase() ?? ""];
  return dropped || { kind: kinds[event.event] ?? "other" };
}

function reportOf(event: Event): Report {
  const address = event.email === undefined ? [] : [event.email];
  return {
    eventId: eventIdOf(event),
    // Asynchronous bounces carry no sg_message_id: the custom argument alone leads home.
    deliveryId: deliveryIdOf(event.delivery_id),
    receipt: untrustedTextOrNull(event.sg_message_id?.split(".", 1)[0], [], 100),
    ...fateOf(event),
    at: new Date(event.timestamp * 1000),
    from: null,
    code: untrustedTextOrNull(event.status ?? event.type, [], 50),
    detail: untrustedTextOrNull(event.reason ?? event.response, address),
    url: untrustedTextOrNull(event.url, [], 4000),
    machine: event.sg_machine_open ?? false,
  };
}

/** SendGrid's own id; for an event without one, a digest of what it says, which is the same however often it is sent. */
function eventIdOf(event: Event): string {
  const given = event.sg_event_id;
  if (given !== undefined && /^[\w=+/.:-]{1,200}$/.test(given)) return given;
  return `sha256:${createHash("sha256").update(JSON.stringify(event)).digest("base64url")}`;
}
