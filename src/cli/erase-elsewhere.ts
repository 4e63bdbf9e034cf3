import type { Elsewhere } from "../customer/elsewhere.ts";
import { counted, plain, say } from "./output.ts";

/** How a provider is made to forget what it was handed. */
const remedies: Readonly<Record<string, string>> = {
  sendgrid: "erase the address there: POST /v3/recipients/erasejob, or its support",
  twilio: "delete each there: DELETE …/Messages/ID.json; it keeps logs of its own for 400 days",
  smtp: "the mail server's log and queue",
  outbox: "files of ours, which go with the customer",
};

/** What erasing does not reach, so that the operator can see to it. The providers' ids are nowhere afterwards. */
export function tellElsewhere({ providers, calls, files }: Elsewhere): void {
  say("\nwhat is in other hands, and is yours to see to:");
  for (const { provider, channel, messages, ids } of providers) {
    const remedy = remedies[provider] ?? "ask it to erase them";
    say(`  ${plain(provider)}: ${counted(messages, "message")} by ${plain(channel)}; ${remedy}`);
    if (ids.length > 0 && provider !== "outbox") say(`    its ids: ${ids.map(plain).join(" ")}`);
  }
  for (const { journey, step, callId } of calls)
    say(`  a service of yours was called: ${plain(journey)}, step ${plain(step)}, call ${callId}`);
  if (files.length > 0)
    say(`  files that were imported, and their .rejected files: ${files.map(plain).join(", ")}`);
  say("  backups of the database, until they are old enough to go");
  say(
    "  ids of events (`messageId`, `key`) that your programs made of an address, until `keep` ends",
  );
  say(
    "  logs of your proxy; copies made with `waypost export`; your shop, which may send them again",
  );
}
