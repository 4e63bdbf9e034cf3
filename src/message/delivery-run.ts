import { setTimeout as pause } from "node:timers/promises";
import type { Outcome, Provider } from "../channel/channel.ts";
import { noConnection } from "../channel/no-connection.ts";
import type { Rate } from "../config-values.ts";
import type { Database } from "../database/database.ts";
import { patiently } from "../database/patience.ts";
import { shownReason } from "../database/shown-reason.ts";
import { faultPoint } from "../fault.ts";
import { pauseChannel, throttleChannel } from "./channel-state.ts";
import { type Claim, endClaim, release } from "./claim.ts";
import type { Composed } from "./compose.ts";
import type { ClaimedMessage } from "./message.ts";
import { type SendingRules, openSending } from "./open-sending.ts";
import type { Places, Taken } from "./places.ts";
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
  /** Where the channel has a rate: each call needs one of them. */
  readonly places?: Pick<Places, "take" | "keep">;
}

export interface Delivered {
  readonly claimed: number;
  readonly accepted: number;
  /** The channel was paused (credentials, account), throttled by its provider, or nobody was reached: no use in trying on. */
  readonly mustRest: boolean;
  /** Calls got through to the provider. */
  readonly isAnswered: boolean;
  /** Why nobody was reached in the end. */
  readonly unconnected: string | null;
  /** The provider's code for which the channel was paused. */
  readonly pausedFor: string | null;
  /** Until when the provider wants quiet. */
  readonly quietUntil: Date | null;
}

/** Renders some of a batch; who cannot be rendered is missing from the answer, and noted as failed. */
export type Compose = (messages: readonly ClaimedMessage[]) => Promise<readonly Composed[]>;

/** A provider that is too busy and names no time, or none to speak of, is left alone so long. */
const shortestRestMs = 1000;
/** A moment for the neighbours of an answer, so that outcomes are written in sets. */
const gatherMs = 2;

/** Answers that the database takes in no way: their messages stay `sending`, and the sweeper finds them. */
class UnwrittenError extends Error {}

/**
 * The calls of one batch. They run beside one another up to `concurrency`; as some finish, the next rows are rendered
 * and opened, so that a slow answer holds up its own slot only, and no more messages are held whole than are on their way.
 */
export class DeliveryRun {
  readonly #database: Database;
  readonly #delivery: Delivery;
  readonly #compose: Compose;
  readonly #batch: Batch;
  readonly #claim: Claim;
  #waiting: ClaimedMessage[];
  #settled: Settled[] = [];
  #busy = 0;
  #accepted = 0;
  #mustRest = false;
  #isAnswered = false;
  #inVain = 0;
  #unconnected: string | null = null;
  #pausedFor: string | null = null;
  #quietUntil: Date | null = null;
  #failure: { readonly thrown: unknown } | null = null;
  #wake: () => void = () => {};

  constructor(
    database: Database,
    delivery: Delivery,
    claim: Claim,
    compose: Compose,
    batch: Batch,
  ) {
    this.#database = database;
    this.#delivery = delivery;
    this.#compose = compose;
    this.#batch = batch;
    this.#claim = claim;
    this.#waiting = [...claim.messages];
  }

  /** Settles when every call has been answered and recorded, and the claim is over. */
  async finish(): Promise<Omit<Delivered, "claimed">> {
    while (this.#waiting.length > 0 || this.#busy > 0 || this.#settled.length > 0) {
      if (this.#batch.stopping.aborted || this.#mustRest || this.#failure !== null)
        this.#waiting = [];
      await Promise.all([this.#record(), this.#open()]);
      if (this.#settled.length === 0 && this.#busy > 0 && this.#chunk() === 0)
        await this.#nextAnswer();
    }
    await this.#patiently(() => endClaim(this.#database, this.#claim.id));
    if (this.#failure !== null) throw this.#failure.thrown;
    return {
      accepted: this.#accepted,
      mustRest: this.#mustRest,
      isAnswered: this.#isAnswered && this.#unconnected === null,
      unconnected: this.#unconnected,
      pausedFor: this.#pausedFor,
      quietUntil: this.#quietUntil,
    };
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
    const openedAt = performance.now();
    const taken = await this.#takePlaces(size);
    const chunk = this.#waiting.splice(0, taken?.count ?? size);
    // Others have taken what was free: the rest is for whoever finds the next places.
    if (chunk.length < size) this.#waiting = [];
    if (chunk.length === 0) return;
    this.#busy += chunk.length;
    const cleared = await this.#clear(chunk);
    this.#busy -= chunk.length - cleared.length;
    const isLate = this.#hasLostLease(openedAt);
    if (isLate) await this.#withdraw(cleared);
    else for (const [composed, address] of cleared) void this.#call(composed, address);
    // When this fails, all that were taken count for longer.
    if (taken !== undefined)
      await this.#batch.places?.keep(taken, isLate ? 0 : cleared.length).catch(() => {});
  }

  async #takePlaces(wanted: number): Promise<Taken | undefined> {
    try {
      return await this.#batch.places?.take(wanted);
    } catch (thrown) {
      this.#failure = { thrown };
      return { count: 0, until: new Date(0) };
    }
  }

  /** This process was stopped, or the machine slept: the sweeper may have given the rows up meanwhile. */
  #hasLostLease(openedAt: number): boolean {
    const { leaseSeconds, deadlineMs } = this.#delivery;
    return performance.now() - openedAt >= leaseSeconds * 1000 - deadlineMs;
  }

  async #withdraw(cleared: readonly (readonly [Composed, string])[]): Promise<void> {
    await this.#giveBack(cleared.map(([{ message }]) => message));
    this.#busy -= cleared.length;
  }

  /** When this fails nothing has left, whether or not `sending` was written: the rows are given back. */
  async #clear(
    chunk: readonly ClaimedMessage[],
  ): Promise<readonly (readonly [Composed, string])[]> {
    try {
      const composed = await this.#compose(chunk);
      const held = { claim: this.#claim.id, channel: this.#delivery.channel };
      const now = this.#batch.now();
      const cleared = await openSending(this.#database, held, composed, this.#delivery, now);
      await faultPoint("after-open");
      const addresses = new Map(cleared.map(({ id, address }) => [id, address]));
      return composed.flatMap((one) => {
        const address = addresses.get(one.message.id);
        return address === undefined ? [] : [[one, address] as const];
      });
    } catch (thrown) {
      this.#failure = { thrown };
      await this.#giveBack(chunk);
      return [];
    }
  }

  async #call({ message, outgoing }: Composed, address: string): Promise<void> {
    const outcome = await this.#send({ ...outgoing, to: address });
    this.#settled.push({ message, address, outcome });
    this.#busy--;
    if (outcome.kind === "accepted") this.#accepted++;
    if (isWishForRest(outcome)) this.#mustRest = true;
    this.#learn(outcome);
    this.#wake();
  }

  /** A connection that fails beside others says nothing of the provider; as many as there are slots do, or the first. */
  #learn(outcome: Outcome): void {
    if (outcome.kind !== "later" || outcome.unconnected !== true) {
      this.#isAnswered = true;
      this.#inVain = 0;
      this.#unconnected = null;
      return;
    }
    this.#inVain++;
    if (this.#isAnswered && this.#inVain < this.#delivery.concurrency) return;
    this.#unconnected = noConnection(outcome.code, outcome.detail);
    this.#mustRest = true;
  }

  async #send(outgoing: Parameters<Provider["send"]>[0]): Promise<Outcome> {
    // AbortSignal.timeout would be kept until its time is up, and with it half a minute of calls.
    const deadline = new AbortController();
    // An answer that came while this process was stopped lies there still, and is read before the time is up.
    const timeIsUp = () => setImmediate(() => deadline.abort());
    const timer = setTimeout(timeIsUp, this.#delivery.deadlineMs);
    try {
      await faultPoint("before-call");
      const answer = this.#delivery.carrier.send(outgoing, deadline.signal);
      await faultPoint("during-call");
      const outcome = await answer;
      await faultPoint("after-answer");
      return outcome;
    } catch (thrown) {
      return { kind: "unknown", code: "threw", detail: shownReason(thrown) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #record(): Promise<void> {
    const batch = this.#settled;
    if (batch.length === 0) return;
    this.#settled = [];
    this.#busy += batch.length;
    await this.#patiently(async () => {
      const rules = { ...this.#delivery, now: this.#batch.now() };
      await this.#rest(batch, rules.now);
      await faultPoint("before-record");
      const unwritten = await recordOutcomes(this.#database, this.#claim.id, batch, rules);
      await faultPoint("after-record");
      if (unwritten.length > 0)
        throw new UnwrittenError(`${unwritten.length} answers could not be written`);
    });
    this.#busy -= batch.length;
  }

  /** Told to every worker before anything else, so that none of them calls meanwhile. */
  async #rest(batch: readonly Settled[], now: Date): Promise<void> {
    const { channel, provider } = this.#delivery;
    const wishes = batch.map(({ outcome }) => outcome).filter(isWishForRest);
    const refused = wishes.find(({ kind }) => kind === "misconfigured");
    if (refused !== undefined) {
      const reason = `${refused.code} ${refused.detail}`;
      await pauseChannel(this.#database, channel, provider, reason, now);
      this.#pausedFor = refused.code;
    }
    const named = wishes.flatMap((wish) => (wish.kind === "later" ? [wish.retryAfterMs ?? 0] : []));
    if (named.length === 0) return;
    const until = new Date(now.getTime() + Math.max(shortestRestMs, ...named));
    await throttleChannel(this.#database, channel, provider, until, now);
    this.#quietUntil = until;
  }

  /** What is known of a row is worth waiting for: without it the row would become unknown. A fault that stays is the run's. */
  async #patiently(write: () => Promise<void>): Promise<void> {
    const { stopping } = this.#batch;
    const isHopeless = (thrown: unknown) => thrown instanceof UnwrittenError;
    try {
      await patiently(write, { stopping, isHopeless });
    } catch (thrown) {
      this.#failure = { thrown };
    }
  }

  async #nextAnswer(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    await pause(gatherMs);
  }

  async #giveBack(uncalled: readonly ClaimedMessage[]): Promise<void> {
    if (uncalled.length === 0) return;
    await this.#patiently(() =>
      release(this.#database, this.#claim.id, uncalled, this.#batch.now()),
    );
  }
}

function isWishForRest(
  outcome: Outcome,
): outcome is Extract<Outcome, { kind: "misconfigured" | "later" }> {
  return outcome.kind === "misconfigured" || (outcome.kind === "later" && outcome.throttle);
}
