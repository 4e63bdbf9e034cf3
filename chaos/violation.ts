import type { StubLine } from "../src/channel/stub-log.ts";
import type { LedgerRow } from "./evidence.ts";

/** Something that must never be, and where. */
export interface Violation {
  readonly invariant: "I1" | "I2" | "I3" | "I4";
  readonly what: string;
  /** Of messages by delivery id, else of passages. */
  readonly ids: readonly string[];
}

/** What the provider was asked about a message, in its order. */
export type Requests = (row: LedgerRow) => readonly StubLine[];

export function some(
  invariant: Violation["invariant"],
  what: string,
  ids: readonly string[],
): Violation[] {
  return ids.length === 0 ? [] : [{ invariant, what, ids }];
}

export const idsOf = (rows: readonly LedgerRow[]): string[] =>
  rows.map(({ deliveryId }) => deliveryId);
export const states = (rows: readonly LedgerRow[]): string =>
  [...new Set(rows.map(({ state }) => state))].join(", ");
