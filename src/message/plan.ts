import type { Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Duration } from "../duration.ts";

/** A send step about to be executed for a set of enrollments. */
export interface Planning {
  readonly enrollments: readonly string[];
  readonly step: {
    readonly id: string;
    readonly template: string;
    /** Most wanted first. */ readonly by: readonly string[];
  };
  readonly class: "marketing" | "transactional";
  readonly topic: string | null;
  readonly maxLateness: Duration;
  readonly now: Date;
}

/**
 * Plans one message for each enrollment, on the first channel of `by` that can reach the customer (an address that is
 * not suppressed, and consent for the topic). Who cannot be reached gets a `suppressed` row that says why, so that
 * nobody is passed over in silence. Planning twice plans once (constraint messages_once). Part of the caller's
 * transaction, which also moves the enrollments on.
 */
export async function planMessages(
  _transaction: Transaction<Tables>,
  _planning: Planning,
): Promise<void> {
  throw new Error("being written");
}
