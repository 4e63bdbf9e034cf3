import { roughSeconds } from "../duration.ts";
import type { ScopedCap } from "./reach.ts";

/** Customers who come together, such as by one occurrence of a schedule: they are where they are at the same time. */
export interface Cohort {
  readonly at: Date;
  readonly customers: number;
}

/** Who may be in several cohorts of a journey. */
export interface Repeating {
  /** How many they are; null where each cohort is of others. */
  readonly people: number | null;
  /** At least so long between two of their entries. */
  readonly againMs: number;
}

/** A message to customers of a cohort who are reached in the same way. */
interface Wanted {
  readonly cohort: Cohort;
  readonly pattern: number;
  readonly channel: string;
  readonly at: number;
  /** Messages for each customer of the cohort, at most 1. */
  readonly each: number;
}

/** Messages for each of them at one time. */
interface Part {
  readonly at: number;
  readonly each: number;
}

/**
 * What a journey's own messages leave of the caps, by sets: of each cohort, how many messages one customer has had within
 * the cap's time, on average. What has no place waits for one as long as the journey allows.
 */
export class Places {
  readonly #caps: readonly ScopedCap[];
  readonly #repeating: Repeating;
  readonly #patienceMs: number;
  readonly #taken = new Map<number, Wanted[]>();

  constructor(caps: readonly ScopedCap[], repeating: Repeating, patienceMs: number) {
    this.#caps = caps;
    this.#repeating = repeating;
    this.#patienceMs = patienceMs;
  }

  /** When how much of it goes; what is missing never does. In the order of time, one call after the other. */
  take(wanted: Wanted): readonly Part[] {
    const { at, each } = wanted;
    const now = Math.min(each, this.#room(wanted, at));
    const parts = now > 0 ? [{ at, each: now }] : [];
    this.#note(wanted, parts);
    const rest = each - now;
    if (rest < 1e-6) return parts;
    const later = this.#freeAt(wanted, rest);
    if (later === null) return parts;
    this.#note(wanted, [{ at: later, each: rest }]);
    return [...parts, { at: later, each: rest }];
  }

  #note(wanted: Wanted, parts: readonly Part[]): void {
    if (this.#caps.length === 0) return;
    const taken = this.#taken.get(wanted.pattern) ?? [];
    this.#taken.set(wanted.pattern, taken);
    for (const part of parts) taken.push({ ...wanted, ...part });
  }

  #room(wanted: Wanted, at: number): number {
    const rooms = this.#capsOn(wanted).map(
      ({ cap, channel }) => cap.count - this.#had(wanted, { at, cap, channel }),
    );
    return Math.max(0, Math.min(Infinity, ...rooms));
  }

  /** The first time that one of those that take the places now leaves enough. */
  #freeAt(wanted: Wanted, rest: number): number | null {
    const last = wanted.at + this.#patienceMs;
    const taken = this.#taken.get(wanted.pattern) ?? [];
    const ends = this.#capsOn(wanted).flatMap(({ cap }) =>
      taken.map((one) => one.at + roughSeconds(cap.within) * 1000),
    );
    const soon = [...new Set(ends)].filter((end) => end > wanted.at && end <= last);
    return (
      soon.toSorted((a, b) => a - b).find((end) => this.#room(wanted, end) >= rest - 1e-6) ?? null
    );
  }

  #capsOn({ channel }: Wanted): readonly ScopedCap[] {
    return this.#caps.filter((one) => one.channel === null || one.channel === channel);
  }

  #had(wanted: Wanted, { at, cap, channel }: Pick<ScopedCap, "cap" | "channel"> & { at: number }) {
    const since = at - roughSeconds(cap.within) * 1000;
    let had = 0;
    for (const one of this.#taken.get(wanted.pattern) ?? [])
      if (one.at > since && one.at <= at && (channel === null || one.channel === channel))
        had += one.each * this.#overlap(one.cohort, wanted.cohort);
    return had;
  }

  /** The chance that a customer of one cohort is in the other, too. */
  #overlap(one: Cohort, other: Cohort): number {
    const { people, againMs } = this.#repeating;
    if (one === other) return 1;
    const apart = Math.abs(one.at.getTime() - other.at.getTime());
    return people === null || people <= 0 || apart < againMs
      ? 0
      : Math.min(1, one.customers / people);
  }
}
