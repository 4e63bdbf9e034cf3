import { domainToASCII } from "node:url";

// The dot-atom of RFC 5322 3.2.3 and the labels of RFC 1123 2.1. Quoted local parts and address literals are not mail to a customer.
const local = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domain = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(xn--[a-z0-9-]{1,59}|[a-z]{2,63})$/;

/**
 * The one way an e-mail address is written in the database, or undefined when it is none. Lower case throughout: RFC
 * 5321 lets a server tell `Ann@` from `ann@`, none that people use does, and people write both.
 */
export function readEmail(text: string): string | undefined {
  const trimmed = text.trim().replace(/^mailto:/i, "");
  const at = trimmed.lastIndexOf("@");
  if (at < 1 || at > 64) return undefined;
  const name = trimmed.slice(0, at);
  const host = trimmed.slice(at + 1).toLowerCase();
  if (!local.test(name)) return undefined;
  const ascii = domain.test(host) ? host : domainToASCII(host);
  if (!domain.test(ascii) || at + 1 + ascii.length > 254) return undefined;
  return `${name.toLowerCase()}@${ascii}`;
}
