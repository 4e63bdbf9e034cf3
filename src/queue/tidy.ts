import type { Config } from "../config.ts";
import { eraseLeftovers } from "../customer/erase.ts";
import { findErasureKey } from "../customer/erasure-key.ts";
import { eventKeys } from "../customer/event-keys.ts";
import { dropOldEvents } from "../customer/old-events.ts";
import type { Database } from "../database/database.ts";
import { type Fading, fade } from "../database/fade.ts";
import { type Forgettable, type Forgetting, forget } from "../database/forget.ts";
import type { Duration } from "../duration.ts";
import { deadOfArchived } from "../enrollment/dead-event.ts";
import { browsers } from "../tracking/browsers.ts";
import { oldMessages } from "../tracking/old-messages.ts";
import { appliedRequests } from "../tracking/report-inbox.ts";
import type { Working } from "./engine.ts";

const rowsAtOnce = 1000;
/** What one run takes at most, so that it never has a place among the engine's jobs for long; the next one goes on. */
const batchesARun = 500;

/**
 * Takes away what has been kept for as long as `keep` says, in small transactions: what is there for technical reasons alone,
 * and what tells of persons in rows that figures are made of; the history of customers only where a time for it is said. And
 * what was written of a customer while they were erased.
 */
export async function tidy(working: Working): Promise<void> {
  const { database, clock, config, secrets } = working.engine;
  const now = clock.now();
  await eraseLeftovers(database, now);
  for (const { keep, take } of takings(config.keep))
    await inBatches(working, (limit) => take(database, { now, keep, limit }));
  // Seals it anew where the secret was changed.
  await findErasureKey(database, secrets);
}

/** Takes the next rows, and says how many there were. */
interface Taking {
  readonly keep: Duration;
  take(database: Database, forgetting: Forgetting): Promise<number>;
}

function takings(keep: Config["keep"]): readonly Taking[] {
  const forgets = (kept: Duration | undefined, rows: Forgettable): Taking[] =>
    kept === undefined ? [] : [{ keep: kept, take: (database, of) => forget(database, rows, of) }];
  const fades = (kept: Duration, rows: Fading): Taking => ({
    keep: kept,
    take: (database, of) => fade(database, rows, of),
  });
  return [
    ...forgets(keep.event_keys, eventKeys),
    ...forgets(keep.reports, appliedRequests),
    ...forgets(keep.dead_events, deadOfArchived),
    ...browsers.map((rows) => fades(keep.browsers, rows)),
    fades(keep.messages, oldMessages),
    ...(keep.events === undefined ? [] : [{ keep: keep.events, take: dropOldEvents }]),
  ];
}

async function inBatches(
  { stopping }: Working,
  take: (limit: number) => Promise<number>,
): Promise<void> {
  for (let batch = 0; batch < batchesARun && !stopping.aborted; batch += 1)
    if ((await take(rowsAtOnce)) < rowsAtOnce) break;
}
