import type { MessageState } from "../message/message.ts";

/** One part of a line that shows how a whole divides; `from` and `width` in percent of it. */
export interface Share {
  readonly state: MessageState;
  readonly count: number;
  readonly from: string;
  readonly width: string;
}

/** From what went well to what did not. */
const order: readonly MessageState[] = [
  "delivered",
  "accepted",
  "sending",
  "claimed",
  "planned",
  "retry",
  "unknown",
  "suppressed",
  "expired",
  "bounced",
  "failed",
];

export const messageStates: readonly MessageState[] = order;

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
