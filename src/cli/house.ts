import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { Mistake } from "../errors.ts";
import type { Project } from "../journey/read-project.ts";
import type { Log } from "../log.ts";
import type { Composer } from "../message/compose.ts";
import type { QueueBackend } from "../queue/backend.ts";
import type { Engine } from "../queue/engine.ts";
import type { Wake } from "../queue/wake.ts";
import type { Templates } from "../template/template.ts";

/**
 * The parts of a running Waypost, each built when a command first asks for it and only then: `check` needs no database,
 * `status` no queue. main.ts builds them; `close` ends whatever was built.
 */
export interface House {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** Workflow and segment files, and every mistake in or between them and the templates. */
  project(): Promise<{ readonly project: Project; readonly mistakes: readonly Mistake[] }>;
  templates(): Promise<Templates>;
  /** Renders messages; needs no database. */
  composer(): Promise<Composer>;
  /** Connected and migrated; starts the embedded server when there is no DATABASE_URL. */
  database(): Promise<Database>;
  databaseUrl(): Promise<string>;
  queues(): Promise<{ readonly backend: QueueBackend; readonly wake: Wake }>;
  engine(): Promise<Engine>;
  close(): Promise<void>;
}
