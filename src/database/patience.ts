import { setTimeout as pause } from "node:timers/promises";
import { isMistake, isOutage } from "./sql-state.ts";

export interface Patience {
  /** Once aborted an outage is not waited out any more. */
  readonly stopping: AbortSignal;
  readonly isHopeless?: (thrown: unknown) => boolean;
  /** How often any other fault is tried again; and an outage, once it is time to stop. */
  readonly tries?: number;
  readonly pauseMs?: number;
}

/**
 * Writes what cannot be asked again, such as a provider's answer: for half a minute whatever is wrong, and for as long as it
 * takes while the database is gone, or has no room to write.
 */
export async function patiently<T>(write: () => Promise<T>, given: Patience): Promise<T> {
  const { stopping, isHopeless = () => false, tries = 60, pauseMs = 500 } = given;
  for (let left = tries; ;) {
    try {
      return await write();
    } catch (thrown) {
      if (isHopeless(thrown) || isMistake(thrown)) throw thrown;
      if (stopping.aborted || !isOutage(thrown)) left -= 1;
      if (left < 0) throw thrown;
      await pause(pauseMs);
    }
  }
}
