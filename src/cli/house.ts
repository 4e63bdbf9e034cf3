import type { Provider } from "../channel/channel.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Mistake } from "../errors.ts";
import type { Project } from "../journey/read-project.ts";
import type { Log } from "../log.ts";
import type { Composer } from "../message/compose.ts";
import type { Delivery } from "../message/delivery-run.ts";
import type { QueueBackend } from "../queue/backend.ts";
import type { Engine } from "../queue/engine.ts";
import type { Wake } from "../queue/wake.ts";
import type { Site } from "../web/site.ts";

/**
 * The parts of a running Waypost, each built when a command first asks for it and only then: `check` needs no database,
 * `status` no queue. main.ts builds them; `close` ends whatever was built.
 */
export interface House {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** Reads workflows, segments and templates anew, with every mistake in or between them; good templates come into use. */
  project(): Promise<{
    readonly project: Project;
    readonly mistakes: readonly Mistake[];
    /** What may be meant so, and probably is not. */
    readonly warnings: readonly Mistake[];
  }>;
  /** Renders messages; needs no database. */
  composer(): Promise<Composer>;
  /** Connected and migrated; starts the embedded server when there is no DATABASE_URL. */
  database(): Promise<Database>;
  databaseUrl(): Promise<string>;
  queues(): Promise<{ readonly backend: QueueBackend; readonly wake: Wake }>;
  /** Every channel with its own rules, carried by `carrier` alone: no provider is loaded. */
  deliveriesBy(carrier: Provider): ReadonlyMap<string, Delivery>;
  engine(): Promise<Engine>;
  site(): Promise<Site>;
  close(): Promise<void>;
}
