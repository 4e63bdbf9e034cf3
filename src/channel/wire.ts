import { Agent, type Dispatcher } from "undici";
import { reasonOf } from "../errors.ts";
import { lookUpPublic } from "./public-address.ts";

/** At most this much of an answer is read: providers answer in a few hundred bytes. */
const longestAnswer = 1024 * 1024;

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "HEAD";
  /** Such as `https://api.sendgrid.com`. */
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The deadline of the whole call: connecting, writing, waiting and reading. */
  readonly signal: AbortSignal;
}

/** What came of a call, told apart by the one thing the ledger must know: can the provider have it? */
export type CallResult =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly header: (name: string) => string | undefined;
      readonly body: string;
    }
  /** Not one byte of the request was written: no name, refused, TLS, no connection in time. */
  | { readonly kind: "unsent"; readonly code: string; readonly detail: string }
  /** The request left, whole or in part, and no status came back. */
  | { readonly kind: "unanswered"; readonly code: string; readonly detail: string };

/** HTTP over kept-alive connections. Follows no redirect, retries nothing, never rejects. */
export interface Wire {
  call(call: Call): Promise<CallResult>;
  close(): Promise<void>;
}

export function createWire(options: {
  readonly connections: number;
  readonly connectTimeoutMs?: number;
  /** Connects to public addresses only, whatever a name leads to. */
  readonly isGuarded?: boolean;
}): Wire {
  const agent = new Agent({
    connections: options.connections,
    pipelining: 1,
    connect: {
      timeout: options.connectTimeoutMs ?? 10_000,
      ...(options.isGuarded === true && { lookup: lookUpPublic }),
    },
    // The caller's signal is the only deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  let closing: Promise<void> | undefined;
  return {
    call: (call) => new Promise((settle) => dispatch(agent, call, settle)),
    close: () => (closing ??= agent.close()),
  };
}

function dispatch(agent: Agent, call: Call, settle: (result: CallResult) => void): void {
  const reading = new Reading(call.signal, settle);
  const { origin, path, method, headers, body } = call;
  try {
    agent.dispatch({ origin, path, method, headers, body }, reading);
  } catch (thrown) {
    reading.end(thrown);
  }
}

/** One call under way. An answer counts from its status line on: what is cut off after that is only detail. */
class Reading implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #answer:
    | { status: number; headers: Readonly<Record<string, string | string[] | undefined>> }
    | undefined;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #settled = false;
  readonly #signal: AbortSignal;
  readonly #settle: (result: CallResult) => void;
  readonly #onAbort = (): void => this.#stop(new Error("the deadline of the call passed"));

  constructor(signal: AbortSignal, settle: (result: CallResult) => void) {
    this.#signal = signal;
    this.#settle = settle;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Called just before the first byte is written: until here the request can still be withdrawn without a trace. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(new Error("withdrawn"));
    else this.#controller = controller;
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status >= 200) this.#answer = { status, headers };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#length > longestAnswer) this.#stop(new Error("the answer is longer than 1 MB"));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.end();
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.end(error);
  }

  end(error?: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#settle(this.#result(error));
  }

  #stop(error: Error): void {
    this.end(Object.assign(error, { code: this.#signal.aborted ? "deadline" : "answer_too_long" }));
    this.#controller?.abort(error);
  }

  #result(error: unknown): CallResult {
    if (this.#answer !== undefined) {
      const { status, headers } = this.#answer;
      return {
        kind: "answered",
        status,
        header: (name) => firstOf(headers[name]),
        body: Buffer.concat(this.#chunks).toString("utf8"),
      };
    }
    return {
      kind: this.#controller === undefined ? "unsent" : "unanswered",
      code: codeOf(error),
      detail: reasonOf(error),
    };
  }
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "connection";
}
