import { z } from "zod";
import { type AnswerRead, jsonOf, verdictOfStatus } from "./call-outcome.ts";
import type { Report } from "./channel.ts";
import type { Verdict } from "./verdict.ts";
import type { CallResult } from "./wire.ts";

/** Twilio's error codes, as the answer to a call. A code that is not here goes by the status of the answer. */
const byCode: Readonly<Record<number, Verdict>> = {
  20003: "misconfigured", // authentication
  20429: "throttle", // too many requests: never processed
  20500: "unknown", // internal error: creating is not idempotent
  20503: "unknown", // its page says retry; creating is still not idempotent
  21211: "address", // not a valid number
  21408: "misconfigured", // no permission for the region
  21606: "misconfigured", // our number cannot send
  21608: "misconfigured", // trial account, number not verified
  21610: "customer", // the customer wrote STOP
  21611: "throttle", // the queue of our number is full
  21612: "address", // no route to this number
  21614: "address", // not a mobile number
  21635: "address", // a landline
  30001: "throttle", // queue overflow
  30002: "misconfigured", // account suspended
  30003: "soft", // handset unreachable
  30005: "address", // unknown handset
  30006: "address", // landline or unreachable carrier
  30007: "message", // filtered: never retried
  30008: "soft", // unknown error of the carrier
  30034: "misconfigured", // number not registered for 10DLC
  30036: "message", // validity expired
  30450: "message", // message pumping suspected
  30500: "soft", // internal failure of the carrier
  30610: "wait", // quiet hours of the recipient
  30640: "customer", // known litigator
};

const byStatus: Readonly<Record<number, Verdict>> = {
  201: "accepted",
  400: "message",
  401: "misconfigured",
  403: "misconfigured",
  404: "misconfigured",
  405: "misconfigured",
  408: "soft",
  429: "throttle",
};

const errorBody = z.object({ code: z.number().optional(), message: z.string().optional() });
const messageBody = z.object({ sid: z.string().regex(/^(SM|MM)[0-9a-zA-Z]{1,64}$/) });

export function readTwilioAnswer(answer: CallResult & { kind: "answered" }): AnswerRead {
  const body = jsonOf(answer.body);
  if (answer.status >= 200 && answer.status < 300) {
    const created = messageBody.safeParse(body);
    return {
      verdict: "accepted",
      code: String(answer.status),
      detail: "",
      receipt: created.success ? created.data.sid : null,
    };
  }
  const error = errorBody.safeParse(body);
  const code = error.success ? error.data.code : undefined;
  return {
    verdict:
      (code === undefined ? undefined : byCode[code]) ??
      byStatus[answer.status] ??
      verdictOfStatus(answer.status),
    code: String(code ?? answer.status),
    detail: (error.success ? error.data.message : undefined) ?? answer.body,
  };
}

/** The same codes as the end of a message that was accepted: status `failed` or `undelivered`. */
const fates: Readonly<Record<Verdict, Pick<Report, "kind" | "because">>> = {
  accepted: { kind: "accepted" },
  // The one code that bids to wait.
  wait: { kind: "quiet_hours" },
  unconnected: { kind: "blocked" },
  throttle: { kind: "throttled" },
  soft: { kind: "blocked" },
  unknown: { kind: "failed" },
  message: { kind: "failed" },
  address: { kind: "bounced" },
  customer: { kind: "failed", because: "unsubscribed" },
  misconfigured: { kind: "misconfigured" },
};

/** What it means for a message, its address and its customer that it failed for `errorCode`. */
export function fateOfFailure(errorCode: string | undefined): Pick<Report, "kind" | "because"> {
  return fates[byCode[Number(errorCode)] ?? "message"];
}
