import type { Resolver } from "node:dns/promises";
import type { Config } from "../config.ts";
import { type Finding, error, ok, warn } from "./finding.ts";

/** SendGrid's own, and those that mail servers are mostly set up with. */
const usualSelectors = ["s1", "s2", "default", "mail", "dkim", "google", "selector1", "selector2"];

/** The domains messages come from by e-mail, as the file and its providers' options name them. */
export function senderDomains({ channels }: Pick<Config, "channels">): readonly string[] {
  const senders = Object.values(channels)
    .filter(({ provider }) => provider !== "outbox")
    .flatMap(({ from, options }) => [from, options["from"]]);
  const domains = senders.flatMap((sender) =>
    typeof sender === "string" ? (/@([\w.-]+\.[a-z]{2,})>?\s*$/i.exec(sender)?.[1] ?? []) : [],
  );
  return [...new Set(domains.map((domain) => domain.toLowerCase()))];
}

/** What Gmail and Yahoo ask of whoever sends to many: SPF, DKIM and DMARC. */
export async function examineDns(
  domains: readonly string[],
  resolver: Resolver,
  selectors: readonly string[],
): Promise<readonly Finding[]> {
  if (domains.length === 0)
    return [
      warn(
        "dns",
        "no sender's domain to look at",
        "set from: of the e-mail channel in waypost.yaml, where a provider sends",
      ),
    ];
  const findings: Finding[] = [];
  for (const domain of domains)
    findings.push(
      await spf(domain, resolver),
      await dkim(domain, resolver, selectors),
      await dmarc(domain, resolver),
    );
  return findings;
}

async function spf(domain: string, resolver: Resolver): Promise<Finding> {
  const about = `SPF of ${domain}`;
  const records = (await texts(resolver, domain)).filter((text) => /^v=spf1(\s|$)/i.test(text));
  const [record] = records;
  if (record === undefined)
    return warn(
      about,
      "no record",
      `add the TXT record your provider names to ${domain}, such as "v=spf1 include:sendgrid.net ~all"`,
    );
  if (records.length > 1)
    return error(about, `${records.length} records, which counts as none`, "keep one of them");
  return /(^|\s)\+?all(\s|$)/i.test(record)
    ? error(about, record, "everybody may send for you: end it with ~all or -all")
    : ok(about, record);
}

async function dkim(
  domain: string,
  resolver: Resolver,
  given: readonly string[],
): Promise<Finding> {
  const about = `DKIM of ${domain}`;
  for (const selector of given.length > 0 ? given : usualSelectors) {
    const key = (await texts(resolver, `${selector}._domainkey.${domain}`)).find((text) =>
      /(^|;)\s*p=/.test(text),
    );
    if (key === undefined) continue;
    return /(^|;)\s*p=\s*(;|$)/.test(key)
      ? error(about, `the key ${selector} is withdrawn`, "publish the key your provider signs with")
      : ok(about, `the key ${selector} is there`);
  }
  return given.length > 0
    ? error(
        about,
        `no key at ${given.join(", ")}`,
        "publish the records your provider names (SendGrid: Sender Authentication)",
      )
    : warn(
        about,
        "no key at the usual selectors",
        "publish the records your provider names, or tell their selectors: waypost doctor --selector NAME",
      );
}

/** A subdomain without a record of its own goes by its parent's (RFC 7489 section 6.6.3). */
async function dmarc(domain: string, resolver: Resolver): Promise<Finding> {
  const about = `DMARC of ${domain}`;
  for (let name = domain; name.includes("."); name = name.slice(name.indexOf(".") + 1)) {
    const record = (await texts(resolver, `_dmarc.${name}`)).find((text) =>
      /^v=DMARC1\s*;/i.test(text),
    );
    if (record === undefined) continue;
    return /;\s*p=\s*(none|quarantine|reject)/i.test(record)
      ? ok(about, record)
      : error(about, `${record}, which names no policy`, "name one: p=none to begin with");
  }
  return error(
    about,
    "no record",
    `add TXT _dmarc.${domain}, to begin with "v=DMARC1; p=none; rua=mailto:postmaster@${domain}": large mailbox providers refuse bulk mail without it`,
  );
}

const nothing: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

async function texts(resolver: Resolver, name: string): Promise<readonly string[]> {
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && nothing.has(thrown.code)) return [];
    throw thrown;
  }
}
