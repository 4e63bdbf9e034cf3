/**
 * How a message travels. A channel ("email", "sms") is what an operator writes in `by:`; a provider is what carries
 * it ("sendgrid", "twilio", "smtp", "outbox", or any package or file named in the config). A provider knows neither the
 * database nor the engine: it gets a rendered message, and returns an outcome. It never throws for an expected outcome
 * and never retries by itself: the ledger does.
 */
export interface Provider {
  readonly name: string;
  /** Hand one message over. Must settle soon after `signal` aborts (the whole-call deadline), as `unknown` when bytes may have left. */
  send(message: Outgoing, signal: AbortSignal): Promise<Outcome>;
  /** Ask the provider what became of a message whose outcome is unknown; `undefined` when it cannot tell (yet). */
  lookUp?(message: SentMessage, signal: AbortSignal): Promise<Outcome | undefined>;
  /** A harmless call that shows whether credentials and account are good: undefined, or what is wrong with them. */
  check?(signal: AbortSignal): Promise<string | undefined>;
  /** Verify and read a webhook request. Pure: no clock, no network. */
  readReports?(request: ReportRequest): ReportsRead;
  /** Release sockets and files. */
  close(): Promise<void>;
}

export interface Outgoing {
  /** 128 random bits as a UUID: the only identifier that leaves the house. */
  readonly deliveryId: string;
  readonly channel: string;
  /** The address in the channel's own form: an e-mail address, an E.164 number. */
  readonly to: string;
  readonly from: string | null;
  readonly replyTo: string | null;
  readonly subject: string | null;
  readonly html: string | null;
  readonly text: string;
  /** Further headers, such as List-Unsubscribe. E-mail only. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the provider shall report to for this message, when it takes an address per message. */
  readonly reportUrl: string | null;
  /** After this instant the provider need not try any more. */
  readonly validUntil: Date | null;
}

export interface SentMessage {
  readonly deliveryId: string;
  readonly to: string;
  /** Of the text that was handed over (UTF-8), in hexadecimal, to be compared with what the provider has; null when it is not known. */
  readonly textSha256: string | null;
  /** When sending began, by the database's clock. */
  readonly startedAt: Date;
}

/** What came of one call, as the engine's table of provider answers classifies it. */
export type Outcome =
  /** `receipt`: the provider's own id, null when its answer did not hold one. */
  | { readonly kind: "accepted"; readonly receipt: string | null }
  /** Surely not processed: try again at the provider's time, else with backoff. `counted`: whether it uses up an attempt. */
  | {
      readonly kind: "later";
      readonly code: string;
      readonly detail: string;
      readonly retryAfterMs: number | null;
      readonly counted: boolean;
      /** slow the whole channel down, not only this message */ readonly throttle: boolean;
      /** Nobody was reached: this worker leaves the provider alone for a moment, then for longer ones. */
      readonly unconnected?: boolean | undefined;
    }
  /** Final. `of`: the message alone, its address (suppress it), or the person (withdraw consent on this channel). */
  | {
      readonly kind: "refused";
      readonly of: "message" | "address" | "customer";
      readonly code: string;
      readonly detail: string;
    }
  /** The provider may or may not have it. Never retried blindly. */
  | { readonly kind: "unknown"; readonly code: string; readonly detail: string }
  /** Credentials or account: the channel pauses, messages stay open. */
  | { readonly kind: "misconfigured"; readonly code: string; readonly detail: string };

export interface ReportRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The exact bytes of the body: signatures are over these. */
  readonly body: Buffer;
  /** The public URL the provider called, with its query. */
  readonly url: string;
  /** When it came in: the time of what is reported, where the provider names none (Twilio's status callbacks). */
  readonly receivedAt: Date;
}

export type ReportsRead =
  | {
      readonly kind: "read";
      readonly reports: readonly Report[];
      /** Entries that could not be understood, with why. */ readonly unread: readonly string[];
    }
  | { readonly kind: "forged"; readonly detail: string };

/** One thing a provider says happened. `eventId` makes it idempotent. Texts come from foreign servers: untrusted. */
export interface Report {
  readonly eventId: string;
  readonly deliveryId: string | null;
  readonly receipt: string | null;
  readonly kind:
    | "accepted"
    | "delivered"
    | "deferred"
    /** The address is dead: suppress it. */
    | "bounced"
    /** Surely not delivered, for a reason that may pass (blocked, full, unreachable): sent again hours later, twice at most. */
    | "blocked"
    /** The same, because the channel is too fast: it is slowed, and the message sent again. */
    | "throttled"
    /** The same, because it is night where the customer is: sent again once it may be day. */
    | "quiet_hours"
    /** The same, and the fault is our account's: the channel pauses, the message stays open. */
    | "misconfigured"
    | "failed"
    | "opened"
    | "clicked"
    | "complained"
    | "unsubscribed"
    /** A text from the customer: opt-out words, opt-in words, a cry for help, anything else. */
    | "opt_out"
    | "opt_in"
    | "help"
    | "reply"
    | "other";
  /** Of `failed`: the provider did not send, for what this customer told it before. Consent is withdrawn. */
  readonly because?: "unsubscribed" | "complained" | undefined;
  readonly at: Date;
  /** Who wrote, for an inbound text. */
  readonly from: string | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly url: string | null;
  readonly machine: boolean;
}
