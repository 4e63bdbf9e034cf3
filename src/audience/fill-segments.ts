import type { Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import { shownReason } from "../database/shown-reason.ts";
import { MistakesError } from "../errors.ts";
import { refresh } from "./refresh-segments.ts";
import { listSegments } from "./segment.ts";
import { inOrder, segmentsIn } from "./segment-order.ts";

/**
 * Evaluates the segments whose conditions are new, and those that ask for one of them, in the transaction that saved them:
 * members at `now` have not come in after it, whatever happens later. Throws (WAYPOST_MISTAKES) at the first that fails.
 */
export async function fillSegments(transaction: Transaction<Tables>, now: Date): Promise<void> {
  const { ordered } = inOrder(await listSegments(transaction));
  const filled = new Set<string>();
  for (const segment of ordered) {
    const asksAnew = segmentsIn(segment.condition).some((name) => filled.has(name));
    if (segment.refreshedAt !== null && !asksAnew) continue;
    await refresh(transaction, segment, now).catch((cause: unknown) => {
      const message = `expected a condition that the database can answer, it says: ${shownReason(cause)}. Nothing was applied`;
      throw new MistakesError([{ file: segment.file, line: 1, column: 1, path: "if", message }]);
    });
    filled.add(segment.name);
  }
}
