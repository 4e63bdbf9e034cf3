import type { Response } from "express";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";

const lookEveryMs = 2000;
const heartbeatMs = 15_000;

/**
 * Tells open pages that the numbers they show have changed (server-sent events). The database is asked once for all
 * listeners, only while there are any, and never for more than a tenth of the time.
 */
export class Live {
  readonly #listeners = new Set<Response>();
  readonly #database: Database;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #known: string | undefined;
  #isClosed = false;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  listen(response: Response): void {
    response.status(200).set({
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
    });
    response.write("retry: 3000\n\n");
    if (this.#isClosed) return void response.end();
    this.#listeners.add(response);
    response.on("close", () => this.#forget(response));
    if (this.#listeners.size > 1) return;
    this.#heartbeat = setInterval(() => this.#say(":\n\n"), heartbeatMs);
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#rest();
  }

  #forget(response: Response): void {
    this.#listeners.delete(response);
    if (this.#listeners.size === 0) this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    this.#known = undefined;
  }

  #say(text: string): void {
    for (const listener of this.#listeners) listener.write(text);
  }

  async #look(): Promise<void> {
    const before = performance.now();
    try {
      const numbers = await readNumbers(this.#database);
      if (this.#known !== undefined && this.#known !== numbers)
        this.#say("event: change\ndata: {}\n\n");
      this.#known = numbers;
    } catch (thrown) {
      this.#log.warn({ reason: reasonOf(thrown) }, "the numbers could not be read; trying again");
    }
    if (this.#listeners.size === 0) return this.#rest();
    const took = performance.now() - before;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), Math.max(lookEveryMs, 9 * took));
  }
}

/** All that the screens count, as one text to compare. */
async function readNumbers(database: Database): Promise<string> {
  const { rows } = await sql<{ numbers: string }>`
    select concat_ws('|',
      (select string_agg(concat_ws(' ', journey_id, step, state, count), ',' order by journey_id, step, state)
        from (select journey_id, step, state, count(*) from messages group by 1, 2, 3) messages),
      (select string_agg(concat_ws(' ', journey_id, state, step, count), ',' order by journey_id, state, step)
        from (select journey_id, state, step, count(*) from enrollments group by 1, 2, 3) enrollments),
      (select string_agg(concat_ws(' ', id, state, version_id), ',' order by id) from journeys),
      (select string_agg(concat_ws(' ', name, paused_at, throttled_until), ',' order by name) from channels),
      (select string_agg(concat_ws(' ', id, size, refreshed_at, failure), ',' order by id) from segments)) as numbers`.execute(
    database,
  );
  return rows[0]?.numbers ?? "";
}
