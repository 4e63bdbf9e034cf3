const tickMs = 100;

/** Things to come, by their due time in milliseconds; kept in ticks, so that a hundred thousand of them cost no timer each. */
export class Schedule<Thing extends { readonly at: number }> {
  readonly #ticks = new Map<number, Thing[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(thing: Thing): void {
    const tick = Math.floor(thing.at / tickMs);
    const others = this.#ticks.get(tick);
    if (others === undefined) this.#ticks.set(tick, [thing]);
    else others.push(thing);
    this.#size++;
  }

  /** Takes out what is due by then, in the order of its time. */
  take(until: number): Thing[] {
    const due: Thing[] = [];
    for (const [tick, things] of this.#ticks) {
      if (tick * tickMs > until) continue;
      const rest = things.filter((thing) => thing.at > until);
      due.push(...things.filter((thing) => thing.at <= until));
      if (rest.length === 0) this.#ticks.delete(tick);
      else this.#ticks.set(tick, rest);
    }
    this.#size -= due.length;
    return due.toSorted((a, b) => a.at - b.at);
  }

  clear(): void {
    this.#ticks.clear();
    this.#size = 0;
  }
}
