import { type MessageState, messageStates } from "../message/message.ts";
import { type Tone, toneOf } from "./tone.ts";

/** One part of a line that shows how a whole divides; `from` and `width` in percent of it. */
export interface Share {
  readonly state: MessageState;
  readonly count: number;
  readonly from: string;
  readonly width: string;
}

const tones: readonly Tone[] = ["good", "busy", "calm", "warn", "off", "bad"];

/** From what went well to what did not; what has come further first. */
const order = messageStates
  .toReversed()
  .toSorted((a, b) => tones.indexOf(toneOf(a)) - tones.indexOf(toneOf(b)));

export function shareOut(counts: Readonly<Partial<Record<MessageState, number>>>): Share[] {
  const whole = order.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  let before = 0;
  return order.flatMap((state) => {
    const count = counts[state] ?? 0;
    if (count === 0) return [];
    const from = (100 * before) / whole;
    before += count;
    return [{ state, count, from: from.toFixed(2), width: ((100 * count) / whole).toFixed(2) }];
  });
}
