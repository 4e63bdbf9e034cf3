/**
 * A journey played before it is played to customers: the real engine, on a clock of its own, on scratch ground. There is
 * no second interpreter of journeys: what a rehearsal says is what the worker's own jobs did (inline-wake.ts).
 *
 * 1. Ground is made: a schema beside the real one, the same tables, unlogged (scratch.ts).
 * 2. Customers come: those of a test file (cast.ts), or a consistent copy of the real ones (copy-shop.ts).
 * 3. The journeys are applied, as `waypost apply` does it (open.ts).
 * 4. The clock goes from one moment at which something is due to the next (next-moment.ts); at each, the sweeper asks
 *    what is due and the jobs do it, until nothing is (settle, below).
 * 5. Messages go to a carrier that takes everything and carries nothing (null-carrier.ts); calls to services get the answer
 *    that is written for them (played-services.ts).
 * 6. What came of it is read from the tables (findings.ts, story.ts), and the ground is dropped.
 */
import { randomBytes } from "node:crypto";
import type { Config } from "../config.ts";
import { dueStarts } from "../enrollment/list-due.ts";
import type { Start } from "../journey/journey.ts";
import type { Log } from "../log.ts";
import type { Composer } from "../message/compose.ts";
import type { Delivery } from "../message/delivery-run.ts";
import { fallBack } from "../message/fall-back.ts";
import { recoverMessages } from "../message/recover.ts";
import type { Engine, Working } from "../queue/engine.ts";
import { sweep } from "../queue/sweep.ts";
import { LinkBook } from "../tracking/links.ts";
import { type Tokens, createTokens } from "../tracking/tokens.ts";
import { trackingUrls } from "../tracking/urls.ts";
import { InlineWake } from "./inline-wake.ts";
import { PlayedClock } from "./played-clock.ts";
import { playedServices } from "./played-services.ts";
import type { Scratch } from "./scratch.ts";
import type { Props } from "./test-file.ts";

/** What of the house goes into a rehearsal. */
export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly composer: Composer;
  readonly deliveries: ReadonlyMap<string, Delivery>;
}

/** Why something has to be done now: events came in, something is due, or a journey starts by the clock. */
interface Reasons {
  readonly heard: boolean;
  /** Passages are due, or messages. */
  readonly passages: boolean;
  readonly messages: boolean;
  /** Calls wait to be made. */
  readonly calls: boolean;
  readonly starts: boolean;
  /** Segments were worked out anew: only then does anybody come into one. */
  readonly refreshed: boolean;
  /** Messages were lost that may go by another channel: looked at with the starts. */
  readonly lost: boolean;
}

/** What is due and cannot move, such as the messages of a journey that is paused, is not waited for. */
const mostRounds = 10;

export class Rehearsal {
  readonly scratch: Scratch;
  readonly clock: PlayedClock;
  readonly working: Working;
  /** Of the links in its messages, which mean nothing anywhere else. */
  readonly tokens: Tokens;
  readonly #wake = new InlineWake();

  constructor(
    scratch: Scratch,
    parts: Parts,
    begins: Date,
    stopping: AbortSignal,
    answers: Props["answers"] = {},
  ) {
    this.scratch = scratch;
    this.clock = new PlayedClock(begins);
    const secrets = [randomBytes(32).toString("hex")];
    this.tokens = createTokens(secrets);
    const engine: Engine = {
      ...parts,
      webhooks: playedServices(scratch.database, answers),
      clock: this.clock,
      database: scratch.database,
      composer: {
        ...parts.composer,
        // Links are kept in the scratch tables, under ids of their own.
        links: new LinkBook(),
        urls: trackingUrls(parts.config.url, secrets),
      },
    };
    this.working = { engine, wake: this.#wake, stopping };
  }

  get engine(): Engine {
    return this.working.engine;
  }

  get now(): Date {
    return this.clock.now();
  }

  /** Does what is due now, and what that makes due, until nothing is. */
  async settle(): Promise<void> {
    for (let round = 0; round < mostRounds; round++) {
      await sweep(this.working);
      if (!(await this.#wake.drain(this.working))) return;
    }
  }

  /**
   * One round of it, for long plays, with no more questions than there is reason for: what is found too late is done at
   * the next step.
   */
  async turn(reasons: Reasons): Promise<void> {
    const { heard, passages, messages, calls, starts } = reasons;
    if (heard) await this.#wake.engine("react");
    if (passages) await this.#wake.engine("advance");
    if (calls) await this.#wake.engine("call");
    if (messages)
      for (const channel of this.engine.deliveries.keys()) await this.#wake.delivery(channel);
    if (starts) await this.#lookForStarts(reasons);
    await this.#wake.drain(this.working);
  }

  /** What the sweeper does where no worker dies and no provider reports: who starts by the clock, and what falls back. */
  async #lookForStarts({ lost, refreshed }: Reasons): Promise<void> {
    const { database, config, deliveries } = this.engine;
    const { retried } = refreshed ? await recoverMessages(database, this.now) : { retried: 0 };
    const planned = lost ? await fallBack(database, this.now) : 0;
    if (retried + planned > 0)
      for (const channel of deliveries.keys()) await this.#wake.delivery(channel);
    const isAsked = ({ kind }: Start) => refreshed || kind !== "segment";
    for (const journeyId of await dueStarts(database, this.now, config.zone, isAsked))
      await this.#wake.engine("enter", journeyId);
  }

  /**
   * The segments are worked out anew and stop conditions asked, as every few minutes in a real house. What that makes due
   * waits for the next turn, or for `settle`. Splits find their winner where customers are played who answer.
   */
  async refresh(splitsStay = false): Promise<void> {
    await this.#wake.alone("refresh", { ...this.working, splitsStay });
  }
}
