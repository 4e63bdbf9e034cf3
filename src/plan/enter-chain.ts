import type { RawBuilder } from "kysely";
import { roughSeconds } from "../duration.ts";
import type { Again, Journey } from "../journey/journey.ts";
import type { Entry } from "./entry.ts";

/** Customers whom another journey lets in by an `enter` step. */
export interface Incoming {
  readonly by: string;
  readonly entries: readonly Entry[];
  /** How many they are, if some come more than once; null where each is somebody else. */
  readonly people: number | null;
  /** Ids of customers like them. */
  readonly sample: RawBuilder<unknown>;
}

/** The journeys that the `enter` steps of one name. */
function enteredBy({ steps }: Journey): readonly string[] {
  return Object.values(steps).flatMap((step) => (step.kind === "enter" ? [step.journey] : []));
}

/** Those named, and all that they let in, however far on. */
export function withEntered(
  names: ReadonlySet<string>,
  journeys: readonly Journey[],
): ReadonlySet<string> {
  return grown(names, (all) => journeys.filter(({ name }) => all.has(name)).flatMap(enteredBy));
}

/** Those named, and all that let customers into one of them. */
export function withCallers(
  names: ReadonlySet<string>,
  journeys: readonly Journey[],
): ReadonlySet<string> {
  return grown(names, (all) =>
    journeys
      .filter((journey) => enteredBy(journey).some((other) => all.has(other)))
      .map(({ name }) => name),
  );
}

function grown(
  names: ReadonlySet<string>,
  more: (all: ReadonlySet<string>) => readonly string[],
): ReadonlySet<string> {
  const all = new Set(names);
  for (let before = -1; before !== all.size;) {
    before = all.size;
    for (const name of more(all)) all.add(name);
  }
  return all;
}

/** Each after all that let customers into it; `check` refuses circles. */
export function callersFirst<T extends { readonly journey: Journey }>(
  all: readonly T[],
): readonly T[] {
  const ordered = new Set<T>();
  const seen = new Set<T>();
  const add = (one: T): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const caller of all) if (enteredBy(caller.journey).includes(one.journey.name)) add(caller);
    ordered.add(one);
  };
  for (const one of all) add(one);
  return [...ordered];
}

/** Those of them who may come by the rule of coming again. */
export function comingAgain({ entries, people }: Incoming, again: Again): readonly Entry[] {
  if (again.kind === "always" || people === null) return entries;
  const windowMs = again.kind === "never" ? Infinity : roughSeconds(again.after) * 1000;
  const come: Entry[] = [];
  for (const { at, customers } of entries.toSorted((a, b) => a.at.getTime() - b.at.getTime())) {
    const had = come.filter((one) => at.getTime() - one.at.getTime() < windowMs);
    const left = people - had.reduce((sum, one) => sum + one.customers, 0);
    if (left > 0) come.push({ at, customers: Math.min(customers, left) });
  }
  return come;
}
