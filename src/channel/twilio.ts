import { AsyncLocalStorage } from "node:async_hooks";
import twilio from "twilio";
import { z } from "zod";
import { type Clock, systemClock } from "../clock.ts";
import { jsonOf, outcomeOfCall, wrongWith } from "./call-outcome.ts";
import type { Outgoing, Provider } from "./channel.ts";
import { isPhoneNumber } from "./outgoing.ts";
import type { ProviderPlugin } from "./provider-plugin.ts";
import { readTwilioAnswer } from "./twilio-answers.ts";
import { findSentMessage } from "./twilio-look-up.ts";
import { readTwilioReport } from "./twilio-reports.ts";
import { untrustedText } from "./untrusted-text.ts";
import { type CallResult, createWire, type Wire } from "./wire.ts";

const twilioOptions = z.strictObject({
  accountSid: z
    .string()
    .regex(/^AC[0-9a-zA-Z]{32}$/, { error: "expected an account SID: AC and 32 characters" }),
  authToken: z.string().min(1),
  /** Our number, when the messages do not say; or a Messaging Service, which 10DLC in the United States needs. */
  from: z.string().optional(),
  messagingServiceSid: z
    .string()
    .regex(/^MG[0-9a-zA-Z]{32}$/, {
      error: "expected a Messaging Service SID: MG and 32 characters",
    })
    .optional(),
  baseUrl: z.url().default("https://api.twilio.com"),
  connections: z.int().min(1).max(1000).default(64),
});
export type TwilioOptions = z.input<typeof twilioOptions>;

/** SMS by Twilio's Messaging API. Its SDK writes the requests; they travel over our own connections. */
const plugin: ProviderPlugin<z.output<typeof twilioOptions>> = {
  name: "twilio",
  channels: ["sms"],
  options: twilioOptions,
  create: (options) => createTwilio(options),
};
export default plugin;

/** Twilio's limit, in characters; over it the whole message is refused (21617). */
const longestBody = 1600;
/** Twilio lets a message wait for ten hours at most. */
const longestValiditySeconds = 36_000;

export function createTwilio(given: TwilioOptions, clock: Clock = systemClock): Provider {
  const options = twilioOptions.parse(given);
  const wire = createWire({ connections: options.connections });
  const api = connect(options, wire);
  return {
    name: "twilio",
    async send(message, signal) {
      if (!isPhoneNumber(message.to))
        return {
          kind: "refused",
          of: "address",
          code: "bad_address",
          detail: "not a telephone number in E.164 form",
        };
      const body = message.text.toWellFormed();
      if (body.trim() === "")
        return { kind: "refused", of: "message", code: "empty", detail: "the text is empty" };
      if (body.length > longestBody)
        return {
          kind: "refused",
          of: "message",
          code: "too_long",
          detail: `the text has ${body.length} characters, Twilio takes ${longestBody}`,
        };
      const sender = senderOf(message, options);
      if (sender === undefined)
        return {
          kind: "misconfigured",
          code: "no_sender",
          detail: "no sender: give the channel a from number or a messagingServiceSid",
        };
      const now = clock.now();
      const request = {
        to: message.to,
        body,
        ...sender,
        ...validityOf(message, now),
        ...callbackOf(message),
      };
      const result = await api.call(signal, (client) => client.messages.create(request));
      return outcomeOfCall(result, readTwilioAnswer, { now, to: message.to });
    },
    async lookUp(message, signal) {
      const result = await api.call(signal, (client) =>
        client.messages.page({ to: message.to, pageSize: 100 }),
      );
      return findSentMessage(message, result, clock.now());
    },
    check: (signal) => wrongWithAccount(api, options.accountSid, signal),
    readReports: (request) =>
      readTwilioReport(request, (signature, fields) =>
        twilio.validateRequest(options.authToken, signature, request.url, fields),
      ),
    close: () => wire.close(),
  };
}

async function wrongWithAccount(
  api: Api,
  accountSid: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await api.call(signal, (client) => client.api.v2010.accounts(accountSid).fetch());
  const wrong = wrongWith(result);
  if (wrong !== undefined || result.kind !== "answered") return wrong;
  const read = z.object({ status: z.string() }).safeParse(jsonOf(result.body));
  return read.success && read.data.status !== "active"
    ? untrustedText(`the account is ${read.data.status}`)
    : undefined;
}

function senderOf(
  message: Outgoing,
  options: TwilioOptions,
): { from: string } | { messagingServiceSid: string } | undefined {
  if (message.from !== null) return { from: message.from };
  if (options.messagingServiceSid !== undefined)
    return { messagingServiceSid: options.messagingServiceSid };
  return options.from === undefined ? undefined : { from: options.from };
}

function validityOf(message: Outgoing, now: Date): { validityPeriod?: number } {
  if (message.validUntil === null) return {};
  const seconds = Math.floor((message.validUntil.getTime() - now.getTime()) / 1000);
  return { validityPeriod: Math.min(Math.max(seconds, 1), longestValiditySeconds) };
}

/** Our id in the query resolves an unknown outcome by itself. Twilio's default is one retry, on a connect timeout only: the fragment asks for five, on anything. */
function callbackOf(message: Outgoing): { statusCallback?: string } {
  if (message.reportUrl === null) return {};
  const url = new URL(message.reportUrl);
  url.searchParams.set("delivery_id", message.deliveryId);
  url.hash = "rc=5&rp=all";
  return { statusCallback: url.href };
}

type Client = ReturnType<typeof twilio>;
interface Api {
  call(signal: AbortSignal, write: (client: Client) => Promise<unknown>): Promise<CallResult>;
}

/**
 * The SDK with our wire below it. It writes the request (7 µs) and hands it to `request`; the raw answer is kept aside for
 * our own reading, since the SDK throws on what is not JSON and drops Retry-After.
 */
function connect(options: z.output<typeof twilioOptions>, wire: Wire): Api {
  const inCall = new AsyncLocalStorage<{ readonly signal: AbortSignal; result?: CallResult }>();
  const { origin, pathname } = new URL(options.baseUrl);
  const authorization = `Basic ${Buffer.from(`${options.accountSid}:${options.authToken}`).toString("base64")}`;
  const httpClient = {
    async request(request: {
      method: string;
      uri: string;
      headers?: Record<string, string>;
      params?: object;
      data?: object;
    }) {
      const call = inCall.getStore();
      if (call === undefined) throw new Error("twilio: a request outside of a call");
      const path =
        pathname.replace(/\/$/, "") +
        new URL(request.uri).pathname +
        (request.params === undefined ? "" : `?${formOf(request.params)}`);
      const method = request.method.toUpperCase() === "GET" ? "GET" : "POST";
      const body = method === "GET" ? null : formOf(request.data ?? {});
      call.result = await wire.call({
        method,
        origin,
        path,
        headers: { ...request.headers, authorization },
        body,
        signal: call.signal,
      });
      return { statusCode: 200, body: { messages: [] }, headers: {} };
    },
  };
  const client = twilio(options.accountSid, options.authToken, { httpClient: httpClient as never });
  return {
    async call(signal, write) {
      const call: { signal: AbortSignal; result?: CallResult } = { signal };
      try {
        await inCall.run(call, () => write(client));
      } catch (thrown) {
        if (call.result === undefined) throw thrown;
      }
      return call.result ?? { kind: "unsent", code: "sdk", detail: "the SDK wrote no request" };
    },
  };
}

function formOf(fields: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) form.append(name, String(value));
  return form.toString();
}
