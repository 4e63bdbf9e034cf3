import type { Database } from "../database/database.ts";
import { noteConnected, noteUnconnected } from "../message/channel-state.ts";
import type { Delivered, Delivery } from "../message/delivery-run.ts";

const firstRestMs = 1000;
const longestRestMs = 30_000;

/**
 * This worker's way to the provider of one channel. While nobody is reached it tries again after ever longer rests, with
 * a few calls each time, so that an outage of hours costs no more of them than one of minutes; workers that do get through
 * are not held up. Why nothing goes out is noted at the channel, for people.
 */
export class Line {
  readonly #of: Pick<Delivery, "channel" | "provider">;
  #failures = 0;
  #restUntil = 0;

  constructor(of: Pick<Delivery, "channel" | "provider">) {
    this.#of = of;
  }

  get isResting(): boolean {
    return performance.now() < this.#restUntil;
  }

  async learn(
    database: Database,
    { isAnswered, unconnected }: Pick<Delivered, "isAnswered" | "unconnected">,
    now: Date,
  ): Promise<void> {
    const { channel, provider } = this.#of;
    if (unconnected !== null) {
      const restMs = Math.min(longestRestMs, firstRestMs * 2 ** this.#failures);
      this.#restUntil = performance.now() + restMs;
      this.#failures += 1;
      await noteUnconnected(database, channel, provider, unconnected, now);
    } else if (isAnswered && this.#failures > 0) {
      this.#failures = 0;
      await noteConnected(database, channel, now);
    }
  }
}
