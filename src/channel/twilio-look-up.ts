import { z } from "zod";
import { jsonOf } from "./call-outcome.ts";
import type { Outcome, SentMessage } from "./channel.ts";
import type { CallResult } from "./wire.ts";

/** Twilio dates to the second, and its clock is not ours. */
const clockToleranceMs = 5000;
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
 * The message among the newest to its number (`GET Messages?To=`), by text and date. Found: accepted. Surely absent two minutes
 * later: it may be sent again. Otherwise nobody can tell yet.
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
  const found = list.data.messages.find((listed) => isSame(listed, message, since));
  if (found !== undefined) return { kind: "accepted", receipt: found.sid };
  const isCutOff =
    typeof list.data.next_page_uri === "string" &&
    list.data.messages.every((listed) => Date.parse(listed.date_created) >= since);
  if (isCutOff || now.getTime() - message.startedAt.getTime() < listedWithinMs) return undefined;
  return {
    kind: "later",
    code: "not_listed",
    detail: "Twilio does not list the message: it was not taken",
    retryAfterMs: null,
    counted: false,
    throttle: false,
  };
}

function isSame(listed: Listed, message: SentMessage, since: number): boolean {
  return (
    listed.direction !== "inbound" &&
    listed.to === message.to &&
    listed.body === message.text.toWellFormed() &&
    Date.parse(listed.date_created) >= since
  );
}
