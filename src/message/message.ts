import type { MessagesState } from "../database/tables.ts";
import type { customerFields } from "../journey/field.ts";

/**
 * One message to one customer, once. Its life, of which every step is a committed row before it is an act:
 *
 * 1. planned: the enrollment reached a send step; the row and the enrollment's move commit together (plan.ts).
 * 2. still planned, in a worker's claim: one row with a lease over a batch (claim.ts), which that worker renders (compose.ts).
 * 3. sending: consent, suppression, cap, hours and lateness were read once more in the transaction that wrote this
 *    state, the claim and the attempt (open-sending.ts). Only now may the provider be called (delivery-run.ts).
 * 4. accepted, refused (failed), put off (retry at), or unknown: the outcome, guarded by the claim (record.ts).
 * 5. delivered, bounced, opened, clicked…: what is reported later (tracking/).
 *
 * A worker that dies in 2 loses nothing: the lease ends and others claim. One that dies in 3 leaves `sending` rows, at most
 * as many as it had calls in flight: they become `unknown` (recover.ts). Marketing stays there until a report or a look-up
 * resolves it (at most once); transactional messages go out again (at least once).
 */
export const messageStates = [
  "planned",
  "sending",
  "accepted",
  "delivered",
  "bounced",
  "suppressed",
  "expired",
  "failed",
  "retry",
  "unknown",
] as const satisfies readonly MessagesState[];

export type MessageState = MessagesState;

/** What comes of the few, or should: these have an index of their own (column `off_course`, migration 0053). */
export const offCourseStates = messageStates.filter(isOffCourse);

export function isOffCourse(state: MessageState): boolean {
  return !["planned", "sending", "accepted", "delivered"].includes(state);
}

/** A message of a worker's claim, with what its templates may say. */
export interface ClaimedMessage {
  readonly id: string;
  readonly deliveryId: string;
  /** The claim it was opened under last; null before its first call. Who finds another there comes too late. */
  readonly openedBy: string | null;
  readonly channel: string;
  readonly template: string;
  readonly class: "marketing" | "transactional";
  readonly topic: string | null;
  readonly journey: string;
  readonly step: string;
  readonly attempts: number;
  readonly strikes: number;
  readonly expiresAt: Date;
  readonly customer: ClaimedCustomer;
  readonly account: Readonly<Record<string, unknown>> | null;
  /** Properties of the event that started the enrollment. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** The voucher its passage was handed last. */
  readonly voucher: { readonly code: string; readonly expires_at: string | null } | null;
  /** What the services its passage called have answered, by step. */
  readonly call: Readonly<Record<string, unknown>>;
}

/** Every field that a condition can ask of a customer: templates can say what journeys know. */
export type ClaimedCustomer = Readonly<Record<keyof typeof customerFields, string | null>> & {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
};
