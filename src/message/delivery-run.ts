import { setTimeout as pause } from "node:timers/promises";
import type { Outcome, Provider } from "../channel/channel.ts";
import type { Rate } from "../config.ts";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import { release } from "./claim.ts";
import type { Composed } from "./compose.ts";
import type { ClaimedMessage } from "./message.ts";
import { type SendingRules, openSending } from "./open-sending.ts";
import { type Settled, recordOutcomes } from "./record.ts";

/** One channel as this worker delivers on it. */
export interface Delivery extends SendingRules {
  readonly channel: string;
  readonly carrier: Provider;
  /** Calls in flight at once; also the most rows a dying worker can leave `sending`. */
  readonly concurrency: number;
  /** At most so many messages a period, over all workers. */
  readonly rate: Rate | null;
  /** Whole-call deadline. */
  readonly deadlineMs: number;
  /** Counted attempts after which a message has failed. */
  readonly attempts: number;
  readonly random: () => number;
}

export interface Batch {
  readonly now: () => Date;
  /** Once aborted no further row is opened; calls in flight are finished and recorded, the rest is given back. */
  readonly stopping: AbortSignal;
}

/** Renders some of a batch; who cannot be rendered is missing from the answer, and noted as failed. */
export type Compose = (messages: readonly ClaimedMessage[]) => Promise<readonly Composed[]>;

/** An outcome in hand is worth waiting for a database that restarts: without it the row would become unknown. */
const recordPatience = { tries: 60, pauseMs: 500 };
/** A moment for the neighbours of an answer, so that outcomes are written in sets. */
const gatherMs = 2;

/**
 * The calls of one batch. They run beside one another up to `concurrency`; as some finish, the next rows are rendered
 * and opened, so that a slow answer holds up its own slot only, and no more messages are held whole than are on their way.
 */
export class DeliveryRun {
  readonly #database: Database;
  readonly #delivery: Delivery;
  readonly #compose: Compose;
  readonly #batch: Batch;
  #waiting: readonly ClaimedMessage[];
  #settled: Settled[] = [];
  #busy = 0;
  #accepted = 0;
  #throttledMs: number | null = null;
  #complaint: string | null = null;
  #failure: { readonly thrown: unknown } | null = null;
  #wake: () => void = () => {};

  constructor(
    database: Database,
    delivery: Delivery,
    claimed: readonly ClaimedMessage[],
    compose: Compose,
    batch: Batch,
  ) {
    this.#database = database;
    this.#delivery = delivery;
    this.#compose = compose;
    this.#batch = batch;
    this.#waiting = claimed;
  }

  /** Settles when every call has been answered and recorded. `complaint`: why the channel must pause. */
  async finish(): Promise<{
    accepted: number;
    throttledMs: number | null;
    complaint: string | null;
  }> {
    while (this.#waiting.length > 0 || this.#busy > 0 || this.#settled.length > 0) {
      if (this.#mustStop()) await this.#giveBack();
      await Promise.all([this.#record(), this.#open()]);
      if (this.#settled.length === 0 && this.#busy > 0 && this.#chunk() === 0)
        await this.#nextAnswer();
    }
    if (this.#failure !== null) throw this.#failure.thrown;
    return { accepted: this.#accepted, throttledMs: this.#throttledMs, complaint: this.#complaint };
  }

  #mustStop(): boolean {
    return (
      this.#batch.stopping.aborted ||
      this.#throttledMs !== null ||
      this.#complaint !== null ||
      this.#failure !== null
    );
  }

  /** How many rows to open now: none until a quarter of the slots is free, so that a commit is shared by many. */
  #chunk(): number {
    const free = this.#delivery.concurrency - this.#busy - this.#settled.length;
    const least = Math.min(this.#waiting.length, Math.ceil(this.#delivery.concurrency / 4));
    return free >= least ? Math.min(free, this.#waiting.length) : 0;
  }

  async #open(): Promise<void> {
    const size = this.#chunk();
    if (size === 0) return;
    const chunk = this.#waiting.slice(0, size);
    this.#waiting = this.#waiting.slice(size);
    this.#busy += size;
    const cleared = await this.#clear(chunk);
    this.#busy -= size - cleared.length;
    for (const [composed, address] of cleared) void this.#call(composed, address);
  }

  /** When this fails nothing has left: the rows stay claimed and come back when their lease ends. */
  async #clear(
    chunk: readonly ClaimedMessage[],
  ): Promise<readonly (readonly [Composed, string])[]> {
    try {
      const composed = await this.#compose(chunk);
      const { channel } = this.#delivery;
      const now = this.#batch.now();
      const cleared = await openSending(this.#database, channel, composed, this.#delivery, now);
      const addresses = new Map(cleared.map(({ id, address }) => [id, address]));
      return composed.flatMap((one) => {
        const address = addresses.get(one.message.id);
        return address === undefined ? [] : [[one, address] as const];
      });
    } catch (thrown) {
      this.#failure = { thrown };
      return [];
    }
  }

  async #call({ message, outgoing }: Composed, address: string): Promise<void> {
    const outcome = await this.#send({ ...outgoing, to: address });
    this.#settled.push({ message, address, outcome });
    this.#busy--;
    if (outcome.kind === "accepted") this.#accepted++;
    if (outcome.kind === "later" && outcome.throttle)
      this.#throttledMs = Math.max(this.#throttledMs ?? 0, outcome.retryAfterMs ?? 1000);
    if (outcome.kind === "misconfigured") this.#complaint = `${outcome.code} ${outcome.detail}`;
    this.#wake();
  }

  async #send(outgoing: Parameters<Provider["send"]>[0]): Promise<Outcome> {
    try {
      return await this.#delivery.carrier.send(
        outgoing,
        AbortSignal.timeout(this.#delivery.deadlineMs),
      );
    } catch (thrown) {
      return { kind: "unknown", code: "threw", detail: reasonOf(thrown) };
    }
  }

  async #record(): Promise<void> {
    const batch = this.#settled;
    if (batch.length === 0) return;
    this.#settled = [];
    this.#busy += batch.length;
    const { attempts, random } = this.#delivery;
    for (let left = recordPatience.tries; left > 0; left--) {
      try {
        await recordOutcomes(this.#database, batch, { attempts, random, now: this.#batch.now() });
        break;
      } catch (thrown) {
        this.#failure = { thrown };
        await pause(recordPatience.pauseMs);
      }
    }
    this.#busy -= batch.length;
  }

  async #nextAnswer(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    await pause(gatherMs);
  }

  async #giveBack(): Promise<void> {
    const rest = this.#waiting;
    this.#waiting = [];
    await release(this.#database, rest).catch((thrown: unknown) => (this.#failure = { thrown }));
  }
}
