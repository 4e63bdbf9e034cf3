import { eraseLeftovers } from "../customer/erase.ts";
import { findErasureKey } from "../customer/erasure-key.ts";
import { eventKeys } from "../customer/event-keys.ts";
import { forget } from "../database/forget.ts";
import { deadOfArchived } from "../enrollment/dead-event.ts";
import { appliedRequests } from "../tracking/report-inbox.ts";
import type { Working } from "./engine.ts";

const rowsAtOnce = 1000;
/** What one run takes at most, so that it never has a place among the engine's jobs for long; the next one goes on. */
const batchesARun = 500;

/**
 * Takes away what is kept for technical reasons alone and has been kept for as long as `keep` says, in small
 * transactions, nothing of a customer's history; and what was written of a customer while they were erased.
 */
export async function tidy({ engine, stopping }: Working): Promise<void> {
  const { database, clock, config } = engine;
  const now = clock.now();
  await eraseLeftovers(database, now);
  const { event_keys: keys, reports, dead_events: dead } = config.keep;
  const kinds = [
    ...(keys === undefined ? [] : [[eventKeys, keys] as const]),
    [appliedRequests, reports] as const,
    [deadOfArchived, dead] as const,
  ];
  for (const [rows, keep] of kinds)
    for (let batch = 0; batch < batchesARun && !stopping.aborted; batch += 1)
      if ((await forget(database, rows, { now, keep, limit: rowsAtOnce })) < rowsAtOnce) break;
  // Seals it anew where the secret was changed.
  await findErasureKey(database, engine.secrets);
}
