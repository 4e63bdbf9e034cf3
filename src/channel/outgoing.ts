import type { Outcome, Outgoing } from "./channel.ts";

/** RFC 5322 field names: printable, no colon. */
const headerName = /^[!-9;-~]{1,76}$/;

/** Well-formed text on one line: for subjects, header values and names, where a line break would begin another header. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .trim();
}

/** The further headers of a message with their values on one line each. */
export function headersOf(message: Outgoing): Record<string, string> {
  const safe: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) safe[name] = oneLine(value);
  return safe;
}

/** Why an e-mail cannot be handed to any provider; undefined when it can. Addresses were checked at the import: this is the last door. */
export function unsendableEmail(message: Outgoing): Outcome | undefined {
  if (!isEmailAddress(message.to))
    return { kind: "refused", of: "address", code: "bad_address", detail: "not an e-mail address" };
  const badName = Object.keys(message.headers).find((name) => !headerName.test(name));
  if (badName !== undefined)
    return {
      kind: "refused",
      of: "message",
      code: "bad_header",
      detail: `not a header name: ${JSON.stringify(badName).slice(0, 80)}`,
    };
  return undefined;
}

/** One address and nothing else: no second one, no display name, no line break. RFC 5321 4.5.3.1 limits its length. */
function isEmailAddress(address: string): boolean {
  return (
    address.length <= 320 &&
    /^[^\s\p{Cc}<>(),;:"\\@]+@[^\s\p{Cc}<>(),;:"\\@]+$/u.test(address) &&
    address.isWellFormed()
  );
}

/** E.164: a plus sign and up to 15 digits. */
export function isPhoneNumber(number: string): boolean {
  return /^\+[1-9]\d{5,14}$/.test(number);
}
