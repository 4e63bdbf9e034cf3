import type { StartPostgres } from "./ground.ts";
import type { Judgement } from "./oracle.ts";
import type { Stage } from "./stage.ts";

export type Queues = "postgres" | "redis";

/** One way to break things, and what is expected of Waypost meanwhile. */
export interface Scenario {
  readonly name: string;
  /** Completes "Waypost, when …". */
  readonly when: string;
  /** Of guarantees G1 to G25. */
  readonly proves: readonly string[];
  /** Where the queues must be for it to make sense; anywhere by default. */
  readonly on?: Queues;
  /** All customers of the size, and not the part that most scenarios have. */
  readonly crowd?: boolean;
  /** Begins with the code of a release before this one. */
  readonly older?: boolean;
  /** Receipts, which may go out again when nobody knows: at least once. */
  readonly class?: "marketing" | "transactional";
  /** Breaks the server itself, and so has one of its own. */
  readonly postgres?: StartPostgres;
  /** Why it cannot be played here, where it cannot. */
  readonly unplayable?: () => string | undefined;
  /** Breaks things. When it returns, everything must come to rest. */
  play(stage: Stage): Promise<void>;
}

export interface Result extends Omit<Judgement, "violations"> {
  /** How many of the faults break an invariant; the others are times and shares that were not kept. */
  readonly violations: number;
  readonly scenario: string;
  readonly queues: Queues;
  readonly proves: readonly string[];
  readonly seed: string;
  readonly customers: number;
  readonly requests: number;
  readonly seconds: number;
  /** Why it failed; none when it passed. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}
