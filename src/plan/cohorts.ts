import type { Journey } from "../journey/journey.ts";
import type { Passed } from "./branch-share.ts";
import type { Incoming } from "./enter-chain.ts";
import type { Entry, Horizon } from "./entry.ts";
import { type Arrival, forecast } from "./forecast.ts";
import type { Entering } from "./plan-audience.ts";
import type { ForeseenCohort } from "./plan-messages.ts";

/** Those inside: on the journey as it will be, and on versions that drain. */
export interface Inside {
  readonly here: readonly Arrival[];
  readonly elsewhere: readonly (readonly [Journey, readonly Arrival[]])[];
}

interface Coming {
  readonly entering: Entering;
  readonly inside: Inside;
  readonly passed: Passed;
}

const DAY_MS = 86_400_000;

/** What is foreseen of all who come or are inside, by those who come together; all at once where nothing asks who they are. */
export function foreseeCohorts(
  journey: Journey,
  { entering, inside, passed }: Coming,
  horizon: Horizon,
  isAskedWho: boolean,
): readonly ForeseenCohort[] {
  const dayOf = ({ at }: Entry) => Math.floor(at.getTime() / DAY_MS);
  const timeOf = entering.isByOccurrence ? ({ at }: Entry) => at.getTime() : dayOf;
  const grouped = <T extends Entry>(all: readonly T[], by: (one: T) => unknown) => [
    ...Map.groupBy(all, (one) => (isAskedWho ? by(one) : "all")).values(),
  ];
  const standing = (all: readonly Arrival[]) => grouped(all, (one) => `${one.step} ${dayOf(one)}`);
  return [
    ...grouped(entering.entries, timeOf).map((entries) =>
      cohortOf(entries, forecast(journey, { entries, inside: [], passed }, horizon)),
    ),
    ...[[journey, inside.here] as const, ...inside.elsewhere].flatMap(([version, those]) =>
      standing(those).map((here) =>
        cohortOf(here, forecast(version, { entries: [], inside: here, passed }, horizon)),
      ),
    ),
  ];
}

function cohortOf(those: readonly Entry[], arrivals: readonly Arrival[]): ForeseenCohort {
  const at = new Date(Math.min(...those.map((one) => one.at.getTime())));
  return { at, customers: sum(those), arrivals };
}

/** Whom the journey lets into others, by the other's name. */
export function goingOn(
  journey: Journey,
  cohorts: readonly ForeseenCohort[],
  { entries, repeating, sample }: Entering,
): ReadonlyMap<string, Incoming> {
  const arrivals = cohorts.flatMap((cohort) => cohort.arrivals);
  const target = ({ step: id }: Arrival) => {
    const step = journey.steps[id];
    return step?.kind === "enter" ? step.journey : null;
  };
  const going = new Map<string, Incoming>();
  for (const [name, those] of Map.groupBy(arrivals, target)) {
    if (name === null) continue;
    const share = Math.min(1, sum(those) / Math.max(1e-9, sum(entries)));
    const people = repeating.people === null ? null : repeating.people * share;
    going.set(name, { by: journey.name, entries: those, people, sample });
  }
  return going;
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, { customers }) => total + customers, 0);
}
