import type { Kysely } from "kysely";
import type { JourneysState, Tables } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";

/** A journey as it was when a plan was made. */
export interface Expected {
  readonly journey: string;
  readonly state: JourneysState;
  /** Number and hash of the version in force. */
  readonly version: number;
  readonly hash: string;
}

/** Every journey that was ever applied, by name. */
export async function journeysNow(database: Kysely<Tables>): Promise<readonly Expected[]> {
  return database
    .selectFrom("journeys")
    .innerJoin("journey_versions as version", "version.id", "journeys.version_id")
    .select(["name as journey", "state", "version.number as version", "version.hash"])
    .orderBy("name")
    .execute();
}

/** Refuses to go on (WAYPOST_STALE) when the journeys in force are not the expected ones. */
export async function refuseMoved(
  database: Kysely<Tables>,
  expected: readonly Expected[],
): Promise<void> {
  const moved = differences(expected, await journeysNow(database));
  if (moved.length === 0) return;
  throw new WaypostError(
    "WAYPOST_STALE",
    `${moved.join("\n")}\nNothing was applied. Make the plan anew and look at it`,
  );
}

function differences(then: readonly Expected[], now: readonly Expected[]): readonly string[] {
  const before = new Map(then.map((one) => [one.journey, one]));
  const after = new Map(now.map((one) => [one.journey, one]));
  return [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((name) => {
    const [was, is] = [describe(before.get(name)), describe(after.get(name))];
    return was === is ? [] : [`journey "${name}": the plan was made for ${was}, found ${is}`];
  });
}

function describe(one: Expected | undefined): string {
  return one === undefined
    ? "no such journey"
    : `${one.state}, version ${one.version} (${one.hash.slice(0, 8)})`;
}
