import type { WebhookCaller } from "../channel/webhook.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Secrets } from "../customer/erasure-key.ts";
import type { Database } from "../database/database.ts";
import type { Log } from "../log.ts";
import type { Composer } from "../message/compose.ts";
import type { Delivery } from "../message/delivery-run.ts";
import type { Line } from "./line.ts";
import type { RestoreGuard } from "./restore-guard.ts";
import type { Wake } from "./wake.ts";

/** All that jobs work with. Built in main.ts. */
export interface Engine {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly composer: Composer;
  /** How each channel is delivered, by channel. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** Of the installation, for the hashes of erased addresses. */
  readonly secrets?: Secrets;
  /** Without it calls to services wait. */
  readonly webhooks?: WebhookCaller;
}

export interface Working {
  readonly engine: Engine;
  readonly wake: Wake;
  /** Aborted when the worker is asked to stop: jobs end after the set in hand. */
  readonly stopping: AbortSignal;
  /** Whether everything waits for a restored backup to be confirmed. The database is asked where nothing else is said. */
  readonly isHeldBack?: () => Promise<boolean>;
  /** Whether splits look for no winner: where messages reach nobody, no arm does better than another. */
  readonly splitsStay?: boolean;
}

/** What leaves the house asks first whether it may. */
export interface Delivering extends Working {
  readonly guard: RestoreGuard;
  /** This worker's way to each channel's provider. */
  readonly lines: ReadonlyMap<string, Line>;
}
