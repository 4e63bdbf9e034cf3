const network = "see to the network and its firewalls";
const address = "see whether it runs, or correct the address";

/** Why no connection to a provider came about, and what to do, by the codes of Node, its name look-up and its TLS. */
const causes: Readonly<Record<string, readonly [string, string]>> = {
  CERT_HAS_EXPIRED: ["its certificate has expired", "whoever runs it must renew it"],
  CERT_NOT_YET_VALID: [
    "its certificate is not valid yet",
    "see whether this machine's clock is right",
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: ["its certificate is for another name", "correct the address"],
  ENOTFOUND: ["its name was not found", "correct the address, or see to the name service"],
  EAI_AGAIN: ["the name service does not answer", "see to it, or correct the address"],
  ECONNREFUSED: ["nobody listens at its address", address],
  EHOSTUNREACH: ["no way leads to its address", network],
  ENETUNREACH: ["no way leads to its address", network],
  ETIMEDOUT: ["its address does not answer", network],
  UND_ERR_CONNECT_TIMEOUT: ["its address does not answer", network],
};

const isUntrusted =
  /^(UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/;
const untrusted = [
  "its certificate is signed by nobody whom this machine trusts",
  "where it is your own authority, name its file in NODE_EXTRA_CA_CERTS",
] as const;

const opening = "no connection: ";

/** For an operator, in one line. */
export function noConnection(code: string, detail: string): string {
  return `${opening}${causeOf(code)?.[0] ?? detail} (${code})`;
}

/** What to do about it; undefined where it is the provider's keys or account that are wrong. */
export function remedyOfNoConnection(wrong: string): string | undefined {
  if (!wrong.startsWith(opening)) return undefined;
  const code = /\((\w+)\)$/.exec(wrong)?.[1] ?? "";
  return `${causeOf(code)?.[1] ?? network}; what waits goes out by itself then`;
}

function causeOf(code: string): readonly [string, string] | undefined {
  return isUntrusted.test(code) ? untrusted : causes[code];
}
