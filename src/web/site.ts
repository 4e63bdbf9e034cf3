import type { Engine } from "../queue/engine.ts";
import type { QueueGauge } from "../queue/queue-counts.ts";
import type { Wake } from "../queue/wake.ts";
import type { Tokens } from "../tracking/tokens.ts";

/** What the routes work with. Built in main.ts. */
export interface Site {
  readonly engine: Engine;
  readonly wake: Wake;
  readonly queues: Pick<QueueGauge, "counts">;
  /** Reads the tokens in the links of messages. */
  readonly tokens: Tokens;
  /** Where the outbox keeps what would be sent, for the dashboard to show. */
  readonly outbox: string;
}
