import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import type { Rate } from "../config-values.ts";
import type { Database } from "../database/database.ts";

/** A channel with a rate. */
interface Rated {
  readonly channel: string;
  readonly rate: Rate;
  /** Who has not begun a call so long after taking its place does not begin it any more. */
  readonly beginWithinMs: number;
}

/** So long a lane waits for a place; whoever needs longer is woken by the sweep (queue/schedule.ts). */
const longestWaitMs = 5000;
/** Places that come free one after the other are waited for together, so that a batch has as many as come free in this time. */
const gatherMs = 100;

/** Places of calls that are about to begin. */
export interface Taken {
  readonly count: number;
  readonly until: Date;
}

/** None where calls may be made as fast as they can. */
export function placesOf(
  database: Database,
  delivery: {
    readonly channel: string;
    readonly rate: Rate | null;
    readonly leaseSeconds: number;
    readonly deadlineMs: number;
  },
): Places | undefined {
  const { channel, rate, leaseSeconds, deadlineMs } = delivery;
  if (rate === null) return undefined;
  return new Places(database, { channel, rate, beginWithinMs: leaseSeconds * 1000 - deadlineMs });
}

/**
 * The places of a channel with a rate. A call takes one before it begins and leaves it a period after, by the database's
 * clock: so any period holds no more calls than the rate allows, with one worker or with many. Places that a dying
 * worker has taken count as called at the latest moment possible.
 */
export class Places {
  readonly #database: Database;
  readonly #rated: Rated;

  constructor(database: Database, rated: Rated) {
    this.#database = database;
    this.#rated = rated;
  }

  /** How many are free now; where none is, how long until the next one. */
  async free(): Promise<{ readonly count: number; readonly nextInMs: number }> {
    const { channel, rate } = this.#rated;
    const { rows } = await sql<{ count: number; nextInMs: number }>`
      select greatest(0, ${rate.count}::int - coalesce(sum(places), 0))::int as count,
        coalesce(extract(epoch from min(free_at) - clock_timestamp()) * 1000, 0)::float8 as "nextInMs"
      from call_places where channel = ${channel} and free_at > clock_timestamp() and places > 0`.execute(
      this.#database,
    );
    return rows[0] ?? { count: 0, nextInMs: 0 };
  }

  /** The same, once there are enough for a batch; none when that takes too long. */
  async await(stopping: AbortSignal): Promise<number> {
    const { count: most, seconds } = this.#rated.rate;
    const enough = Math.max(1, Math.floor((most * gatherMs) / (seconds * 1000)));
    const until = performance.now() + longestWaitMs;
    for (;;) {
      const { count, nextInMs } = await this.free();
      const wait = Math.max(gatherMs, Math.ceil(nextInMs));
      if (count >= enough || stopping.aborted || performance.now() + wait > until) return count;
      await pause(wait, undefined, { signal: stopping }).catch(() => {});
    }
  }

  /** As many of the wanted as there are. */
  async take(wanted: number): Promise<Taken> {
    const { channel, rate, beginWithinMs } = this.#rated;
    const { rows } = await sql<Taken>`
      select taken as count, until from take_places(${channel}, ${rate.count}::int, ${rate.seconds}::int, ${wanted}::int,
        ${beginWithinMs / 1000}::float8)`.execute(this.#database);
    return rows[0] ?? { count: 0, until: new Date(0) };
  }

  /** Says, once they have begun, how many calls there were: they keep their places for a period from now, and the others are free. */
  async keep({ count, until }: Taken, calls: number): Promise<void> {
    const { channel, rate } = this.#rated;
    // In one order, and each row once: they may be the same, or those that another is settling.
    await sql`
      insert into call_places (channel, free_at, places)
      select ${channel}, free_at, sum(places) from (
        select free_at, -${count}::int from call_places where channel = ${channel} and free_at = ${until}
        union all select call_place_free_at(${rate.seconds} * interval '1 second', '0'), ${calls}::int
      ) as settled (free_at, places) group by free_at having sum(places) <> 0 order by free_at
      on conflict (channel, free_at) do update set places = call_places.places + excluded.places`.execute(
      this.#database,
    );
  }
}
