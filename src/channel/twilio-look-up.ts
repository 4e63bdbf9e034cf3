import { hash } from "node:crypto";
import { z } from "zod";
import { jsonOf } from "./call-outcome.ts";
import type { Outcome, SentMessage } from "./channel.ts";
import type { CallResult } from "./wire.ts";

/** Twilio dates to the second, and its clock is not the database's. */
const clockToleranceMs = 10 * 60 * 1000;
/** A message that is not listed this long after it was sent was never taken. */
const listedWithinMs = 2 * 60 * 1000;

const listBody = z.object({
  messages: z.array(
    z.object({
      sid: z.string(),
      to: z.string(),
      body: z.string().nullable(),
      date_created: z.string(),
      direction: z.string().optional(),
    }),
  ),
  next_page_uri: z.string().nullish(),
});
type Listed = z.output<typeof listBody>["messages"][number];

/**
 * The message among the newest to its number (`GET Messages?To=`), by the hash of its text and the date. Found: accepted. It was
 * not taken when two minutes later the number was sent nothing at all since. Another text may be ours as Twilio changed it
 * (Smart Encoding, a trial account's preface, redaction): then, and without a hash, nobody can tell.
 */
export function findSentMessage(
  message: SentMessage,
  result: CallResult,
  now: Date,
): Outcome | undefined {
  if (result.kind !== "answered" || result.status !== 200) return undefined;
  const list = listBody.safeParse(jsonOf(result.body));
  if (!list.success) return undefined;
  const since = message.startedAt.getTime() - clockToleranceMs;
  if (message.textSha256 === null) return undefined;
  // A date that cannot be read is taken for a late one.
  const listed = list.data.messages.filter((one) => !(Date.parse(one.date_created) < since));
  const sent = listed.filter(({ direction }) => direction !== "inbound");
  const found = sent.find((one) => isSame(one, message));
  if (found !== undefined) return { kind: "accepted", receipt: found.sid };
  const isCutOff =
    typeof list.data.next_page_uri === "string" && listed.length === list.data.messages.length;
  const isEarly = now.getTime() - message.startedAt.getTime() < listedWithinMs;
  if (sent.length > 0 || isCutOff || isEarly) return undefined;
  return {
    kind: "later",
    code: "not_listed",
    detail: "Twilio does not list the message: it was not taken",
    retryAfterMs: null,
    counted: false,
    throttle: false,
  };
}

function isSame({ to, body }: Listed, message: SentMessage): boolean {
  return to === message.to && body !== null && hash("sha256", body) === message.textSha256;
}
