import { LRUCache } from "lru-cache";

/** Allows so many tries a minute to each visitor, and remembers no more visitors than it must. */
export class Throttle {
  readonly #tries: LRUCache<string, { count: number }>;
  readonly #most: number;

  constructor(most: number, withinMs = 60_000) {
    this.#most = most;
    this.#tries = new LRUCache({ max: 10_000, ttl: withinMs });
  }

  /** Whether one more try of this visitor is allowed; counts it. */
  allows(visitor: string): boolean {
    const tries = this.#tries.get(visitor) ?? { count: 0 };
    if (tries.count === 0) this.#tries.set(visitor, tries);
    tries.count += 1;
    return tries.count <= this.#most;
  }
}
