import type { Outcome } from "./channel.ts";
import { retryAfterMs } from "./retry-after.ts";
import { noConnection } from "./no-connection.ts";
import { untrustedText } from "./untrusted-text.ts";
import { outcomeOf, type Verdict } from "./verdict.ts";
import type { CallResult } from "./wire.ts";

/** What one provider's answer means, as its own table and its own way of writing errors have it. */
export interface AnswerRead {
  readonly verdict: Verdict;
  readonly code: string;
  readonly detail: string;
  readonly receipt?: string | null;
}

/**
 * From a call to the outcome for the ledger. No byte written: surely not processed, so later and uncounted. Written but
 * unanswered: unknown. Answered: whatever `read` makes of it.
 */
export function outcomeOfCall(
  result: CallResult,
  read: (answer: CallResult & { kind: "answered" }) => AnswerRead,
  context: { readonly now: Date; readonly to: string },
): Outcome {
  if (result.kind !== "answered") {
    const detail = untrustedText(result.detail, [context.to]);
    const verdict = result.kind === "unsent" ? "unconnected" : "unknown";
    return outcomeOf(verdict, { code: result.code, detail });
  }
  const answer = read(result);
  return outcomeOf(answer.verdict, {
    code: answer.code,
    detail: untrustedText(answer.detail, [context.to]),
    receipt: answer.receipt ?? null,
    retryAfterMs: retryAfterMs(result.header, context.now),
  });
}

/** The status of an HTTP answer that no row of a provider's table names. */
export function verdictOfStatus(status: number): Verdict {
  if (status >= 200 && status < 300) return "accepted";
  // A redirect is never followed: the base URL is wrong, or something stands between us and the provider.
  if (status < 400) return "misconfigured";
  return status < 500 ? "message" : "unknown";
}

/** What an answer to a harmless call says is wrong with credentials, account or network; undefined when nothing is. */
export function wrongWith(result: CallResult): string | undefined {
  if (result.kind === "unsent") return noConnection(result.code, untrustedText(result.detail));
  if (result.kind === "unanswered") return untrustedText(`${result.code}: ${result.detail}`);
  if (result.status >= 200 && result.status < 300) return undefined;
  return untrustedText(`${result.status} ${result.body}`).slice(0, 200);
}

/** The answer as JSON, or undefined when it is none: providers' proxies answer in HTML. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
