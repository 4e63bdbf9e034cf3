import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { StubEvent } from "./stub-event.ts";

/** How the stub answers one request. Empty means: taken and answered as the real provider would. */
export interface StubAnswer {
  /** Default 202 for SendGrid, 201 for Twilio. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Twilio's own error code. */
  readonly code?: number;
  /** Whether the message is on its way, whatever the answer says. Default: when the status is a success. */
  readonly taken?: boolean;
  /** What happens to a message that was taken. */
  readonly events?: readonly StubEvent[];
  /** Milliseconds before the answer. */
  readonly afterMs?: number;
  /** Asks to be left alone so long, in the header of that name. */
  readonly quiet?: { readonly seconds: number; readonly in: "retry-after" | "x-ratelimit-reset" };
  /** How the answer travels; `whole` by default. `closed`: whole, then the kept-alive connection is closed unannounced. */
  readonly travels?:
    | "whole"
    | "closed"
    | "cut"
    | "dripping"
    | "dripping_head"
    | "endless"
    /** Fifty kilobytes that unpack to fifty megabytes. */
    | "bomb"
    | "dropped"
    | "never";
}

const html = { "content-type": "text/html" };

/** The answers of guarantees 2c, by name. */
export const stubAnswers = {
  accepted: {},
  acceptedThenClosed: { travels: "closed" },
  acceptedInHtml: { headers: html, body: "<html><body>Accepted" },
  acceptedInHalfJson: { body: '{"sid":"SM00' },
  acceptedAsAnother: {
    headers: { "x-message-id": "somebody-elses" },
    body: '{"sid":"SM00000000000000000000000000000000","status":"queued"}',
  },
  acceptedAsBomb: { travels: "bomb" },
  /** After twice the deadline that the chaos runs give a call. */
  acceptedLate: { afterMs: 4000 },
  acceptedCut: { travels: "cut" },
  acceptedDripping: { travels: "dripping" },
  acceptedThenDropped: { travels: "dropped", taken: true },
  droppedBeforeTaken: { travels: "dropped", taken: false },
  acceptedThenSilent: { travels: "never", taken: true },
  silent: { travels: "never", taken: false },
  drippingHead: { travels: "dripping_head", taken: true },
  endless: { status: 500, travels: "endless" },
  tooManyRequests: { status: 429, code: 20429 },
  tooManyUntilReset: {
    status: 429,
    code: 20429,
    quiet: { seconds: 3, in: "x-ratelimit-reset" },
  },
  tooManyRetryAfter: { status: 429, code: 20429, quiet: { seconds: 3, in: "retry-after" } },
  serverError: { status: 500, code: 20500 },
  serverErrorButTaken: { status: 500, code: 20500, taken: true },
  badGateway: { status: 502, headers: html, body: "<html><h1>502 Bad Gateway</h1></html>" },
  unavailable: { status: 503, code: 20503 },
  tooLarge: {
    status: 413,
    headers: html,
    body: "<html><center>413 Request Entity Too Large</center>nginx</html>",
  },
  badRequest: { status: 400, code: 21602 },
  unauthorized: { status: 401, code: 20003 },
  redirected: { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data/" } },
} as const satisfies Readonly<Record<string, StubAnswer>>;
export type StubAnswerName = keyof typeof stubAnswers;

/** 429 with the provider's own way of saying when: SendGrid's X-RateLimit-Reset, Twilio's Retry-After. */
export function tooManyRequests(seconds: number, now: Date): StubAnswer {
  const reset = Math.ceil(now.getTime() / 1000) + seconds;
  return {
    ...stubAnswers.tooManyRequests,
    headers: { "retry-after": String(seconds), "x-ratelimit-reset": String(reset) },
  };
}

/** What `quiet` says on the wire. */
export function quietHeaders({ quiet }: StubAnswer, now: Date): Readonly<Record<string, string>> {
  if (quiet === undefined) return {};
  const reset = Math.ceil(now.getTime() / 1000) + quiet.seconds;
  return { [quiet.in]: String(quiet.in === "retry-after" ? quiet.seconds : reset) };
}

export function isTaken(answer: StubAnswer): boolean {
  return (
    answer.taken ?? (answer.status === undefined || (answer.status >= 200 && answer.status < 300))
  );
}

/** Puts an answer on the wire in the manner it asks for. */
export function writeAnswer(
  response: ServerResponse,
  answer: StubAnswer,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  switch (answer.travels ?? "whole") {
    case "whole":
      response
        .writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
        .end(body);
      return;
    case "closed":
      response
        .writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
        .end(body, () => setTimeout(() => response.socket?.destroy(), 1));
      return;
    case "cut":
      response
        .writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) + 100 })
        .write(body.slice(0, body.length / 2), () => response.socket?.destroy());
      return;
    case "dripping":
      response.writeHead(status, { ...headers, "content-length": 3600 }).flushHeaders();
      drip(response, () => response.write("x"));
      return;
    case "dripping_head":
      drip(response, () => response.socket?.write("H"));
      return;
    case "endless":
      response.writeHead(status, headers);
      flood(response);
      return;
    case "bomb":
      response.writeHead(status, { ...headers, "content-encoding": "gzip" }).end(bomb());
      return;
    case "dropped":
      response.socket?.destroy();
      return;
    case "never":
      return;
  }
}

let packed: Buffer | undefined;

function bomb(): Buffer {
  return (packed ??= gzipSync(Buffer.alloc(50 * 1024 * 1024)));
}

function drip(response: ServerResponse, write: () => void): void {
  const timer = setInterval(write, 1000);
  response.on("close", () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  const chunk = "x".repeat(64 * 1024);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}
