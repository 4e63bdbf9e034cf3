import { around, seededRandom } from "../channel/seeded-random.ts";

/** Seeded luck in the words a shop needs. The same seed and the same questions give the same answers. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: string) {
    this.#random = seededRandom(seed);
  }

  happens(probability: number): boolean {
    return this.#random() < probability;
  }

  between(least: number, most: number): number {
    return least + this.#random() * (most - least);
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)] as Value;
  }

  /** One of the values, each as often as its weight says. */
  weighted<Value extends { readonly weight: number }>(values: readonly Value[]): Value {
    let left = this.#random() * values.reduce((sum, { weight }) => sum + weight, 0);
    return values.find(({ weight }) => (left -= weight) < 0) ?? (values.at(-1) as Value);
  }

  /** Time until something that happens now and then, `mean` apart. */
  wait(mean: number): number {
    return -mean * Math.log(1 - this.#random());
  }

  around(median: number, spread: number): number {
    return around(median, spread, this.#random);
  }
}
