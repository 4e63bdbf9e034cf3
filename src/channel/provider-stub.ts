import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock } from "../clock.ts";
import { seededRandom } from "./seeded-random.ts";
import { type AftermathOptions, createAftermath } from "./stub-aftermath.ts";
import { isTaken, quietHeaders, type StubAnswer, writeAnswer } from "./stub-answer.ts";
import { lineOf, StubLog } from "./stub-log.ts";
import { createPostman } from "./stub-postman.ts";
import { findIn } from "./stub-reader.ts";
import { StubRequest } from "./stub-request.ts";
import { listTaken, twilioBody, type TwilioTaken } from "./stub-twilio.ts";

export interface ProviderStubOptions {
  /** Default: any free one. */
  readonly port?: number | undefined;
  readonly seed?: string | undefined;
  /** Decides each answer; without it everything is taken and nothing is looked at, which is the fast way. */
  readonly behaviour?: StubBehaviour | undefined;
  /** A file to append one line a request to, before it is answered: what the stub was asked survives its death (stub-log.ts). */
  readonly log?: string | undefined;
  readonly webhooks?: AftermathOptions | undefined;
  /** What Twilio's webhooks are signed with. */
  readonly twilioAuthToken?: string | undefined;
  readonly clock?: Clock | undefined;
}
export type StubBehaviour = (request: StubRequest) => StubAnswer;

/** How often a delivery was asked for, and how often the provider took it on: more than one is a message sent twice. */
export interface SeenDelivery {
  readonly requests: number;
  readonly taken: number;
}

/** SendGrid and Twilio in one local server, on the wire as the real ones are: for the demo, the tests and the benchmark. */
export interface ProviderStub {
  /** The `baseUrl` for both providers. */
  readonly url: string;
  readonly sendgridPublicKey: string;
  readonly twilioAuthToken: string;
  /** By delivery id. */
  readonly seen: ReadonlyMap<string, SeenDelivery>;
  readonly requests: number;
  /** Events that have not happened yet, and reports given up. */
  readonly pending: number;
  readonly lost: number;
  behave(behaviour: StubBehaviour | undefined): void;
  /** See Aftermath.deliverDue. */
  deliverDue(until?: Date): Promise<number>;
  /** A customer writes an SMS out of the blue. */
  write(from: string, to: string, text: string): Promise<boolean>;
  close(): Promise<void>;
}

export async function startProviderStub(options: ProviderStubOptions = {}): Promise<ProviderStub> {
  const stub = new Stub(options);
  await stub.listen();
  return stub;
}

class Stub implements ProviderStub {
  readonly seen = new Map<string, { requests: number; taken: number }>();
  readonly twilioAuthToken: string;
  requests = 0;
  #behaviour: StubBehaviour | undefined;
  #closing: Promise<void> | undefined;
  readonly #options: ProviderStubOptions;
  readonly #clock: Clock;
  readonly #postman: ReturnType<typeof createPostman>;
  readonly #aftermath: ReturnType<typeof createAftermath>;
  readonly #log: StubLog | undefined;
  /** Receipts are new in every run, as a provider's are. */
  readonly #run = randomBytes(8).toString("hex");
  readonly #texts = new Map<string, TwilioTaken[]>();
  readonly #server = createServer(
    { keepAlive: true, keepAliveTimeout: 65_000 },
    (request, response) => this.#receive(request, response),
  );

  constructor(options: ProviderStubOptions) {
    this.#options = options;
    this.#behaviour = options.behaviour;
    this.#clock = options.clock ?? systemClock;
    this.twilioAuthToken = options.twilioAuthToken ?? "stub-auth-token";
    const webhooks = options.webhooks ?? { pace: "manual" };
    this.#postman = createPostman(
      { twilioAuthToken: this.twilioAuthToken, signed: webhooks.signed ?? "truly" },
      this.#clock,
    );
    this.#aftermath = createAftermath(
      webhooks,
      this.#postman,
      seededRandom(`aftermath ${options.seed ?? ""}`),
      this.#clock,
    );
    this.#log = options.log === undefined ? undefined : new StubLog(options.log);
  }

  listen(): Promise<void> {
    return new Promise((listening, failed) => {
      this.#server.once("error", failed);
      this.#server.listen(this.#options.port ?? 0, "127.0.0.1", listening);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  get sendgridPublicKey(): string {
    return this.#postman.sendgridPublicKey;
  }
  get pending(): number {
    return this.#aftermath.pending;
  }
  get lost(): number {
    return this.#aftermath.lost;
  }

  behave(behaviour: StubBehaviour | undefined): void {
    this.#behaviour = behaviour;
  }

  deliverDue(until?: Date): Promise<number> {
    return this.#aftermath.deliverDue(until);
  }

  write(from: string, to: string, text: string): Promise<boolean> {
    const url = this.#options.webhooks?.twilioInboundUrl;
    if (url === undefined)
      throw new Error("the stub was started without webhooks.twilioInboundUrl");
    return this.#postman.twilioForm(url, {
      MessageSid: this.#nextReceipt("SM"),
      From: from,
      To: to,
      Body: text,
      NumMedia: "0",
    });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#aftermath.close();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
    await this.#postman.close();
    await this.#log?.close();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () =>
      this.#route(
        request,
        response,
        chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
      ),
    );
  }

  #route(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = request.url ?? "";
    const isMessages = /^\/2010-04-01\/Accounts\/AC\w+\/Messages\.json/.test(url);
    if (request.method === "POST" && url === "/v3/mail/send")
      this.#take("sendgrid", body, response);
    else if (request.method === "POST" && isMessages) this.#take("twilio", body, response);
    else if (request.method === "GET" && isMessages)
      writeJson(response, 200, listTaken(this.#texts, new URL(url, this.url)));
    else
      writeJson(response, 404, {
        errors: [{ message: "not found" }],
        code: 20404,
        message: "not found",
        status: 404,
      });
  }

  #take(provider: "sendgrid" | "twilio", body: Buffer, response: ServerResponse): void {
    this.requests++;
    const request = new StubRequest(provider, body, (id) => this.#count(id));
    const answer: StubAnswer = this.#behaviour?.(request) ?? {};
    const receipt = this.#nextReceipt(provider === "twilio" ? "SM" : "");
    if (isTaken(answer)) this.#keep(request, answer, receipt);
    const write = (): void => this.#answer(provider, request, answer, receipt, response);
    if (this.#log !== undefined)
      void Promise.all([this.#log.append(lineOf(request, answer)), pause(answer.afterMs)]).then(
        write,
      );
    else if (answer.afterMs === undefined) write();
    else setTimeout(write, answer.afterMs);
  }

  #count(deliveryId: string | null): number {
    if (deliveryId === null) return 1;
    const seen = this.seen.get(deliveryId);
    if (seen !== undefined) return ++seen.requests;
    this.seen.set(deliveryId, { requests: 1, taken: 0 });
    return 1;
  }

  #keep(request: StubRequest, answer: StubAnswer, receipt: string): void {
    const seen = request.deliveryId === null ? undefined : this.seen.get(request.deliveryId);
    if (seen !== undefined) seen.taken++;
    if (request.provider === "twilio") {
      const { to, from, text } = request.message;
      const sms = { sid: receipt, to, from, body: text, at: this.#clock.now() };
      const others = this.#texts.get(to);
      if (others === undefined) this.#texts.set(to, [sms]);
      else others.push(sms);
    }
    if (answer.events === undefined || answer.events.length === 0) return;
    const { to, from, text, statusCallback } = request.message;
    this.#aftermath.expect(
      {
        provider: request.provider,
        deliveryId: request.deliveryId,
        receipt,
        to,
        from,
        text,
        statusCallback,
        ...findIn(request, this.#options.webhooks?.follow),
      },
      answer.events,
    );
  }

  #answer(
    provider: "sendgrid" | "twilio",
    request: StubRequest,
    answer: StubAnswer,
    receipt: string,
    response: ServerResponse,
  ): void {
    const status = answer.status ?? (provider === "sendgrid" ? 202 : 201);
    const isSuccess = status >= 200 && status < 300;
    const quiet = quietHeaders(answer, new Date());
    if (provider === "sendgrid") {
      const headers = {
        ...(isSuccess ? { "x-message-id": receipt } : { "content-type": "application/json" }),
        ...answer.headers,
        ...quiet,
      };
      writeAnswer(
        response,
        answer,
        status,
        headers,
        answer.body ??
          (isSuccess
            ? ""
            : JSON.stringify({
                errors: [{ message: `stub: ${status}`, field: null, help: null }],
              })),
      );
    } else {
      writeAnswer(
        response,
        answer,
        status,
        { "content-type": "application/json", ...answer.headers, ...quiet },
        answer.body ?? twilioBody(request, receipt, status, answer.code),
      );
    }
  }

  #nextReceipt(prefix: string): string {
    return prefix + this.#run + this.requests.toString(16).padStart(16, "0");
  }
}

function writeJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
