import { reasonOf } from "../errors.ts";
import type { Outcome } from "./channel.ts";
import { noConnection } from "./no-connection.ts";
import { untrustedText } from "./untrusted-text.ts";
import { outcomeOf, type Verdict } from "./verdict.ts";

/** Enhanced status codes (RFC 3463) that say more than their class; `5.1.1` in `550 5.1.1 no such user`. */
const byEnhancedCode: Readonly<Record<string, Verdict>> = {
  "5.1.1": "address", // no such mailbox
  "5.1.2": "address", // no such domain
  "5.1.3": "address", // bad syntax of the address
  "5.1.6": "address", // mailbox has moved
  "5.1.10": "address", // null MX: the domain takes no mail
  "5.2.1": "address", // mailbox disabled
  "5.2.2": "soft", // mailbox full
  "5.7.8": "misconfigured", // credentials
};

/** Reply codes (RFC 5321 4.2.3); the others go by their class: 4 soft, 5 the message. */
const byReplyCode: Readonly<Record<number, Verdict>> = {
  421: "throttle", // the server closes the connection: too many, or shutting down
  450: "soft", // mailbox busy, greylisting
  454: "wait", // TLS or authentication not available for now
  530: "misconfigured", // authentication required
  534: "misconfigured",
  535: "misconfigured", // credentials
  538: "misconfigured",
};

/** What went wrong before any reply to the message, by nodemailer's code. */
const byErrorCode: Readonly<Record<string, Verdict>> = {
  ESOCKET: "unconnected",
  ECONNECTION: "unconnected",
  ETIMEDOUT: "unconnected",
  EDNS: "unconnected",
  ETLS: "unconnected",
  EAUTH: "misconfigured",
  ENOAUTH: "misconfigured",
  EOAUTH2: "misconfigured",
  ECONFIG: "misconfigured",
  EENVELOPE: "message",
  ESTREAM: "message",
};

/** From nodemailer's error to the outcome: what the server replied, else how far the message had got. */
export function outcomeOfSmtpError(
  thrown: unknown,
  context: { readonly mayHaveIt: boolean; readonly hasBegun: boolean; readonly to: string },
): Outcome {
  const { code, responseCode, response } = partsOf(thrown);
  const detail = untrustedText(response ?? reasonOf(thrown), [context.to]);
  if (responseCode !== undefined) {
    const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? "")?.[1];
    return outcomeOf(verdictOfReply(responseCode, enhanced), {
      code: enhanced ?? String(responseCode),
      detail,
    });
  }
  if (context.mayHaveIt) return outcomeOf("unknown", { code, detail });
  const verdict = byErrorCode[code] ?? "wait";
  return outcomeOf(context.hasBegun && verdict === "unconnected" ? "wait" : verdict, {
    code,
    detail,
  });
}

/** What a harmless visit says is wrong with credentials, account or network. */
export function wrongWithServer(thrown: unknown): string {
  const { code } = partsOf(thrown);
  const detail = untrustedText(reasonOf(thrown));
  return byErrorCode[code] === "unconnected" ? noConnection(code, detail) : detail;
}

function verdictOfReply(code: number, enhanced: string | undefined): Verdict {
  const known =
    (enhanced === undefined ? undefined : byEnhancedCode[enhanced]) ?? byReplyCode[code];
  if (known !== undefined) return known;
  return code >= 500 ? "message" : "soft";
}

function partsOf(thrown: unknown): {
  code: string;
  responseCode: number | undefined;
  response: string | undefined;
} {
  const error = Object(thrown) as { code?: unknown; responseCode?: unknown; response?: unknown };
  return {
    code: typeof error.code === "string" ? error.code : "smtp",
    responseCode:
      typeof error.responseCode === "number" && error.responseCode >= 400
        ? error.responseCode
        : undefined,
    response: typeof error.response === "string" ? error.response : undefined,
  };
}
