import sendgrid from "@sendgrid/helpers";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { type Clock, systemClock } from "../clock.ts";
import {
  type AnswerRead,
  jsonOf,
  outcomeOfCall,
  verdictOfStatus,
  wrongWith,
} from "./call-outcome.ts";
import type { Outgoing, Provider } from "./channel.ts";
import { headersOf, oneLine, unsendableEmail } from "./outgoing.ts";
import type { ProviderPlugin } from "./provider-plugin.ts";
import { readSendgridEvents, sendgridEventKey } from "./sendgrid-events.ts";
import type { Verdict } from "./verdict.ts";
import { type CallResult, createWire } from "./wire.ts";

const sendgridOptions = z.strictObject({
  apiKey: z.string().min(1),
  /** Who a message is from when neither it nor its channel says: `Shop <hello@shop.example>`. */
  from: z.string().optional(),
  /** The verification key of the signed event webhook, as SendGrid shows it; without it no report is believed. */
  webhookKey: z.string().optional(),
  baseUrl: z.url().default("https://api.sendgrid.com"),
  connections: z.int().min(1).max(1000).default(256),
});
export type SendgridOptions = z.input<typeof sendgridOptions>;

/** E-mail by SendGrid's v3 API: one request and one personalization a message, so that one unknown is one customer. */
const plugin: ProviderPlugin<z.output<typeof sendgridOptions>> = {
  name: "sendgrid",
  channels: ["email"],
  options: sendgridOptions,
  create: (options) => createSendgrid(options),
};
export default plugin;

/** Documented: 202, 400, 401, 403, 404, 413, 429, 500; 200 in sandbox mode. The others go by their class. */
const verdicts: Readonly<Record<number, Verdict>> = {
  200: "accepted",
  202: "accepted",
  400: "message",
  401: "misconfigured",
  403: "misconfigured",
  404: "misconfigured",
  405: "misconfigured",
  408: "soft",
  413: "message",
  429: "throttle",
};

export function createSendgrid(given: SendgridOptions, clock: Clock = systemClock): Provider {
  const options = sendgridOptions.parse(given);
  const eventKey =
    options.webhookKey === undefined ? undefined : sendgridEventKey(options.webhookKey);
  const { origin, pathname } = new URL(options.baseUrl);
  const path = `${pathname.replace(/\/$/, "")}/v3/mail/send`;
  const headers = { authorization: `Bearer ${options.apiKey}`, "content-type": "application/json" };
  const wire = createWire({ connections: options.connections });
  const requests = new LRUCache<string, (message: Outgoing) => object>({ max: keptSenders });
  return {
    name: "sendgrid",
    async send(message, signal) {
      const unsendable = unsendableEmail(message);
      if (unsendable !== undefined) return unsendable;
      const from = message.from ?? options.from;
      if (from === undefined)
        return {
          kind: "misconfigured",
          code: "no_sender",
          detail: "no sender: give the channel or the template a from address",
        };
      const requestOf = requests.get(from) ?? requestFrom(from);
      requests.set(from, requestOf);
      const body = JSON.stringify(requestOf(message));
      const result = await wire.call({ method: "POST", origin, path, headers, body, signal });
      return outcomeOfCall(result, readAnswer, { now: clock.now(), to: message.to });
    },
    async check(signal) {
      const scopes = `${pathname.replace(/\/$/, "")}/v3/scopes`;
      const result = await wire.call({
        method: "GET",
        origin,
        path: scopes,
        headers,
        body: null,
        signal,
      });
      const wrong = wrongWith(result);
      if (wrong !== undefined || result.kind !== "answered") return wrong;
      const read = z.object({ scopes: z.array(z.string()) }).safeParse(jsonOf(result.body));
      return read.success && !read.data.scopes.includes("mail.send")
        ? "the key lacks the scope mail.send"
        : undefined;
    },
    readReports: (request) => readSendgridEvents(request, eventKey),
    close: () => wire.close(),
  };
}

/** A template may take its sender from the customer. */
const keptSenders = 100;

/** SendGrid's own tracking stays off: links, opens and leaving are ours, and its rewriting would hide our URLs. */
const trackingOff: Parameters<
  InstanceType<typeof sendgrid.classes.Mail>["setTrackingSettings"]
>[0] = {
  clickTracking: { enable: false, enableText: false },
  openTracking: { enable: false },
  subscriptionTracking: { enable: false },
};

/**
 * The request for a message. What all messages of a sender have in common is made by the SDK's class and kept: its way of
 * renaming keys takes as long as rendering the message does.
 */
function requestFrom(from: string): (message: Outgoing) => object {
  const mail = new sendgrid.classes.Mail();
  mail.setFrom(oneLine(from));
  mail.setTrackingSettings(trackingOff);
  const common = mail.toJSON();
  return (message) => ({
    ...common,
    ...(message.replyTo === null ? {} : { reply_to: addressOf(message.replyTo) }),
    subject: oneLine(message.subject ?? ""),
    content: [
      { type: "text/plain", value: message.text.toWellFormed() || " " },
      ...(message.html === null ? [] : [{ type: "text/html", value: message.html.toWellFormed() }]),
    ],
    personalizations: [
      {
        to: [{ email: message.to }],
        headers: headersOf(message),
        // Kept by SendGrid for good and visible to its staff: nothing but our random id.
        custom_args: { delivery_id: message.deliveryId },
      },
    ],
  });
}

function addressOf(written: string): object {
  return new sendgrid.classes.EmailAddress(oneLine(written)).toJSON();
}

const errorBody = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

function readAnswer(answer: CallResult & { kind: "answered" }): AnswerRead {
  const verdict = verdicts[answer.status] ?? verdictOfStatus(answer.status);
  const code = String(answer.status);
  if (verdict === "accepted")
    return { verdict, code, detail: "", receipt: receiptOf(answer.header("x-message-id")) };
  const errors = errorBody.safeParse(jsonOf(answer.body));
  return {
    verdict,
    code,
    detail: errors.success
      ? errors.data.errors.map((error) => error.message).join("; ")
      : answer.body,
  };
}

/** What stands before the first dot of `sg_message_id` in the events of this message. */
function receiptOf(header: string | undefined): string | null {
  return header !== undefined && /^[\w-]{1,100}$/.test(header) ? header : null;
}
