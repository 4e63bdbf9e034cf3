import type { Outcome } from "./channel.ts";

/**
 * What one answer of a provider means for the ledger. Each provider holds a table from its own statuses and codes to
 * these words; nothing else decides.
 */
export type Verdict =
  | "accepted"
  /** Surely not processed, and not the message's fault: wait, uncounted. */
  | "wait"
  /** The same, since no connection came about. */
  | "unconnected"
  /** The same, and the whole channel is too fast. */
  | "throttle"
  /** Surely not processed, for a reason that may pass: try again, counted. */
  | "soft"
  | "unknown"
  /** Final for this message, its address, or the person. */
  | "message"
  | "address"
  | "customer"
  | "misconfigured";

export interface Answer {
  readonly code: string;
  readonly detail: string;
  readonly receipt?: string | null;
  readonly retryAfterMs?: number | null;
}

/** The outcome for the ledger, from the verdict and what the answer said. */
export function outcomeOf(verdict: Verdict, answer: Answer): Outcome {
  const { code, detail, receipt = null, retryAfterMs = null } = answer;
  switch (verdict) {
    case "accepted":
      return { kind: "accepted", receipt };
    case "wait":
      return { kind: "later", code, detail, retryAfterMs, counted: false, throttle: false };
    case "unconnected":
      return {
        kind: "later",
        code,
        detail,
        retryAfterMs,
        counted: false,
        throttle: false,
        unconnected: true,
      };
    case "throttle":
      return { kind: "later", code, detail, retryAfterMs, counted: false, throttle: true };
    case "soft":
      return { kind: "later", code, detail, retryAfterMs, counted: true, throttle: false };
    case "message":
    case "address":
    case "customer":
      return { kind: "refused", of: verdict, code, detail };
    case "unknown":
    case "misconfigured":
      return { kind: verdict, code, detail };
  }
}
