import type { Response } from "express";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { shownReason } from "../database/shown-reason.ts";
import type { Log } from "../log.ts";
import type { Figures } from "./figures.ts";

const lookEveryMs = 2000;
const heartbeatMs = 15_000;

/**
 * Tells open pages that the numbers they show have changed (server-sent events). The database is asked once for all
 * listeners, only while there are any, and never for more than a tenth of the time.
 */
export class Live {
  readonly #listeners = new Set<Response>();
  readonly #figures: Pick<Figures, "journeys">;
  readonly #database: Database;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #known: string | undefined;
  #isClosed = false;

  constructor(figures: Pick<Figures, "journeys">, database: Database, log: Log) {
    this.#figures = figures;
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
      const numbers = await this.#readNumbers();
      if (this.#known !== undefined && this.#known !== numbers)
        this.#say("event: change\ndata: {}\n\n");
      this.#known = numbers;
    } catch (thrown) {
      this.#log.warn(
        { reason: shownReason(thrown) },
        "the numbers could not be read; trying again",
      );
    }
    if (this.#listeners.size === 0) return this.#rest();
    const took = performance.now() - before;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), Math.max(lookEveryMs, 9 * took));
  }

  /** All that the screens count, as one text to compare. */
  async #readNumbers(): Promise<string> {
    const { value } = await this.#figures.journeys.read();
    const lines = Object.values(value).map((rows: readonly object[]) =>
      rows.map((row) => JSON.stringify(row)),
    );
    return JSON.stringify([lines.map((some) => some.toSorted()), await readStates(this.#database)]);
  }
}

async function readStates(database: Database): Promise<string> {
  const { rows } = await sql<{ states: string }>`
    select concat_ws('|',
      (select string_agg(concat_ws(' ', id, state, version_id), ',' order by id) from journeys),
      (select string_agg(concat_ws(' ', name, paused_at, throttled_until, reason), ',' order by name) from channels),
      (select string_agg(concat_ws(' ', id, size, refreshed_at, failure), ',' order by id) from segments)) as states`.execute(
    database,
  );
  return rows[0]?.states ?? "";
}
