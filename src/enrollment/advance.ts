import type { Database } from "../database/database.ts";
import { type Due, claimDue } from "./claim-due.ts";
import type { Turn } from "./enrollment.ts";
import { countPassages } from "./passage.ts";
import { type Arrival, type Place, settle } from "./place.ts";
import { boldly } from "./spare.ts";
import { versionsOf } from "./version.ts";
import { type Walked, walk } from "./walk.ts";

export interface Advanced {
  /** Enrollments that were due and are somewhere else now. */
  readonly moved: number;
  /** Completed or exited, among these. */
  readonly finished: number;
  readonly held: number;
  /** Enrollments a send step was executed for. */
  readonly planned: number;
  /** Enrollments that wait at a call step. */
  readonly calling: number;
  /** More may be due. */
  readonly more: boolean;
}

/**
 * Moves up to `limit` due enrollments on, each until it rests, in one transaction: what their steps do and where they end
 * up is true together or not at all. Any number of workers may do so at once.
 */
export function advance(database: Database, turn: Turn): Promise<Advanced> {
  return boldly(database, async (transaction) => {
    const { due, more } = await claimDue(transaction, turn);
    const versions = await versionsOf(
      transaction,
      due.map((one) => one.version_id),
    );
    const walked: Walked[] = [];
    for (const [id, those] of Map.groupBy(due, (one: Due) => one.version_id)) {
      const version = versions.get(id);
      if (version === undefined) throw new Error(`version ${id} is gone, with customers inside`);
      walked.push(await walk({ transaction, journey: version.journey, turn }, version, those));
    }
    await settle(
      transaction,
      walked.flatMap((one) => one.arrivals),
      turn.now,
    );
    await countPassages(
      transaction,
      walked.flatMap((one) => one.passages),
    );
    const hasEntered = walked.some(({ entered }) => entered);
    return { moved: due.length, ...summed(walked), more: more || hasEntered };
  });
}

function summed(walked: readonly Walked[]) {
  const arrivals = walked.flatMap((one) => one.arrivals);
  const at = (...states: readonly Place["state"][]) =>
    arrivals
      .filter((arrival: Arrival) => states.includes(arrival.at.state))
      .reduce((sum, arrival) => sum + arrival.ids.length, 0);
  return {
    finished: at("completed", "exited"),
    held: at("held"),
    calling: arrivals.reduce(
      (sum, { at: place, ids }) => sum + (isCalling(place) ? ids.length : 0),
      0,
    ),
    planned: walked.reduce((sum, one) => sum + one.planned, 0),
  };
}

function isCalling(place: Place): boolean {
  return place.state === "waiting" && place.awaiting === "call";
}
