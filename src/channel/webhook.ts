import { createHmac } from "node:crypto";
import { isIP } from "node:net";
import { PrivateAddressError, isPublic } from "./public-address.ts";
import { retryAfterMs } from "./retry-after.ts";
import { untrustedText } from "./untrusted-text.ts";
import { type CallResult, type Wire, createWire } from "./wire.ts";

/** A call to a service of the company's own. */
export interface WebhookCall {
  /** The same at every try: `webhook-id` and `Idempotency-Key`. */
  readonly id: string;
  readonly method: "POST" | "PUT" | "GET";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A JSON object, or null for none. A GET has its values in the query of its address. */
  readonly body: string | null;
  readonly at: Date;
}

/** What came of one try. `status` and `answer` are of the last answer, null when there was none. */
export type WebhookOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly answer: string | null }
  /** Worth another try. */
  | {
      readonly kind: "later";
      readonly reason: string;
      readonly status: number | null;
      readonly answer: string | null;
      readonly retryAfterMs: number | null;
    }
  /** Another try would end the same. */
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly status: number | null;
      readonly answer: string | null;
    };

/** Calls services. Never throws. */
export interface WebhookCaller {
  /** Must be settled soon after `signal` aborts: it is the deadline of the whole call. */
  call(call: WebhookCall, signal: AbortSignal): Promise<WebhookOutcome>;
  close(): Promise<void>;
}

export interface WebhookOptions {
  /** Hosts that may be inside a network. */
  readonly allow: readonly string[];
  /** The key of the signatures. */
  readonly key: Buffer;
  /** Puts environment variables into a header; throws where one is not set. */
  readonly fill: (text: string) => string;
}

const connections = 64;
/** An answer is kept up to this many bytes. */
const longestAnswer = 64 * 1024;
const deepestAnswer = 50;
/** More than servers take as a rule. */
const longestPath = 8000;

/**
 * Signs as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body. Redirects are
 * not followed, and addresses inside a network are not connected to unless the host is allowed to be there.
 */
export function createWebhookCaller({ allow, key, fill }: WebhookOptions): WebhookCaller {
  const outside = createWire({ connections, isGuarded: true });
  const inside = createWire({ connections });
  const allowed = new Set(allow.map((host) => host.toLowerCase()));
  return {
    async call(call, signal) {
      const url = URL.parse(call.url);
      if (url === null || !/^https?:$/.test(url.protocol))
        return failure(`expected an http or https address, found "${call.url}"`);
      const host = hostOf(url);
      const isAllowed = allowed.has(host);
      // A name is looked at when it is resolved; an address never is.
      if (!isAllowed && isIP(host) !== 0 && !isPublic(host))
        return failure(new PrivateAddressError(host, host).message);
      let headers: Readonly<Record<string, string>>;
      try {
        headers = headersOf(call, key, fill);
      } catch (thrown) {
        return failure(thrown instanceof Error ? thrown.message : String(thrown));
      }
      const { method, body } = call;
      const wire: Wire = isAllowed ? inside : outside;
      if (method === "GET") addQuery(url, body);
      const path = url.pathname + url.search;
      if (path.length > longestPath)
        return failure(
          `expected an address of at most ${longestPath} characters, got ${path.length}`,
        );
      const sent = {
        method,
        origin: url.origin,
        path,
        headers,
        body: method === "GET" ? null : body,
      };
      return outcomeOf(await wire.call({ ...sent, signal }), call.at);
    },
    close: async () => void (await Promise.all([outside.close(), inside.close()])),
  };
}

/** Only the query is written to: whatever a value says, the host and the path stay the file's. */
function addQuery(url: URL, body: string | null): void {
  const values = Object.entries(JSON.parse(body ?? "{}") as Readonly<Record<string, unknown>>);
  for (const [name, value] of values)
    if (value !== null)
      url.searchParams.append(name, typeof value === "string" ? value : JSON.stringify(value));
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The host of an address that is surely not called; undefined where that takes looking its name up. */
export function refusedHostOf(address: string, allow: readonly string[]): string | undefined {
  const url = URL.parse(address);
  if (url === null) return undefined;
  const host = hostOf(url);
  const isInside = isIP(host) === 0 ? /(^|\.)localhost$/.test(host) : !isPublic(host);
  return isInside && !allow.some((each) => each.toLowerCase() === host) ? host : undefined;
}

/** What is ours goes last: no header of a file can forge it. */
function headersOf(
  { id, at, headers, body, method }: WebhookCall,
  key: Buffer,
  fill: (text: string) => string,
): Readonly<Record<string, string>> {
  const own = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), fill(text)]);
  const content = method === "GET" ? "" : (body ?? "");
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac("sha256", key)
    .update(`${id}.${timestamp}.${content}`)
    .digest("base64");
  return {
    "user-agent": "Waypost",
    accept: "application/json",
    ...(content !== "" && { "content-type": "application/json" }),
    ...(Object.fromEntries(own) as Record<string, string>),
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
    "idempotency-key": id,
  };
}

function outcomeOf(result: CallResult, now: Date): WebhookOutcome {
  if (result.kind !== "answered") {
    const reason = untrustedText(`${result.code} ${result.detail}`);
    if (result.code === "private_address") return failure(untrustedText(result.detail));
    return { kind: "later", reason, status: null, answer: null, retryAfterMs: null };
  }
  const { status } = result;
  const answer = answerOf(result.body);
  if (status >= 200 && status < 300) return { kind: "answered", status, answer };
  const reason = `answered ${status}`;
  // Too early, too much, too slow, or broken: all else says that the call itself is wrong.
  if (status >= 500 || [408, 425, 429].includes(status))
    return {
      kind: "later",
      reason,
      status,
      answer,
      retryAfterMs: retryAfterMs(result.header, now),
    };
  return { kind: "failed", reason, status, answer };
}

/** A JSON object as it is; other JSON as `{"value": …}`, what is no JSON as `{"text": …}`, what is too long with its beginning. */
function answerOf(body: string): string | null {
  if (body.trim() === "") return null;
  if (Buffer.byteLength(body) > longestAnswer)
    return JSON.stringify({ text: storable(body.slice(0, 1000)), cut: true });
  try {
    const read: unknown = JSON.parse(body, (_, value: unknown) =>
      typeof value === "string" ? storable(value) : value,
    );
    const isObject = typeof read === "object" && read !== null && !Array.isArray(read);
    const kept = JSON.stringify(isObject ? read : { value: read });
    // Names may hold what a database cannot, too, and it takes no nesting without end.
    return /\\u0000|\\ud[89a-f]/.test(kept) || depthOf(kept) > deepestAnswer
      ? JSON.stringify({ text: storable(body) })
      : kept;
  } catch {
    return JSON.stringify({ text: storable(body) });
  }
}

function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of json) {
    if (character === "{" || character === "[") deepest = Math.max(deepest, (depth += 1));
    else if (character === "}" || character === "]") depth -= 1;
  }
  return deepest;
}

function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

function failure(reason: string): WebhookOutcome {
  return { kind: "failed", reason, status: null, answer: null };
}
