import type { Database } from "../database/database.ts";
import { type Due, claimDue } from "./claim-due.ts";
import type { Turn } from "./enrollment.ts";
import { type Arrival, type Place, settle } from "./place.ts";
import { boldly } from "./spare.ts";
import type { Stage } from "./stage.ts";
import { type Version, type VersionMark, versionsBy } from "./version.ts";
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
    const versions = await versionsBy(transaction, marksOf(due));
    const zones = zonesOf(due, [...versions.values()]);
    const walked: Walked[] = [];
    for (const [id, those] of Map.groupBy(due, (one: Due) => one.version_id)) {
      const version = versions.get(id);
      if (version === undefined) throw new Error(`version ${id} is gone, with customers inside`);
      walked.push(
        await walk({ transaction, journey: version.journey, turn, zones }, version, those),
      );
    }
    await settle(
      transaction,
      walked.flatMap((one) => one.arrivals),
      walked.flatMap((one) => one.passages),
      turn.now,
    );
    const hasEntered = walked.some(({ entered }) => entered);
    return { moved: due.length, ...summed(walked), more: more || hasEntered };
  });
}

function marksOf(due: readonly Due[]): readonly VersionMark[] {
  const marks = due.map(
    ({ version_id: id, journey_id, hash }) => [id, { id, journey_id, hash }] as const,
  );
  return [...new Map(marks).values()];
}

/** As they were when the batch was claimed, if no step of it can change one. */
function zonesOf(due: readonly Due[], versions: readonly Version[]): Stage["zones"] {
  const mayChange = versions.some(({ journey }) =>
    Object.values(journey.steps).some(
      (step) => step.kind === "set" && step.set.some(({ field }) => field === "zone"),
    ),
  );
  return mayChange ? undefined : new Map(due.map(({ id, zone }) => [id, zone]));
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
