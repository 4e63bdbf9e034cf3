import { type RawBuilder, sql } from "kysely";
import type { Database } from "../src/database/database.ts";

/** Passages that are over, and whether anything is left to be done. */
export interface Progress {
  readonly over: number;
  readonly open: boolean;
}

export async function progressOf(database: Database): Promise<Progress> {
  const { rows } = await sql<Progress>`
    select (select count(*) from enrollments where state = 'completed')::int as over,
      exists (select from pending_events)
      or exists (select from enrollments where state in ('entered', 'waiting'))
      or exists (select from messages where state = 'sending' or needs = 'delivery') as open`.execute(
    database,
  );
  return rows[0] ?? { over: 0, open: true };
}

export function isReached(database: Database): Promise<boolean> {
  return holds(database, sql`true`);
}

export function isInboxEmpty(database: Database): Promise<boolean> {
  return holds(database, sql`not exists (select from report_inbox where applied_at is null)`);
}

export function isChannelPaused(database: Database): Promise<boolean> {
  return holds(
    database,
    sql`exists (select from channels where name = 'email' and paused_at is not null)`,
  );
}

async function holds(database: Database, condition: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql<{ holds: boolean }>`select ${condition} as holds`.execute(database);
  return rows[0]?.holds === true;
}

export async function countIn(database: Database, state: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from messages where state = ${state}`.execute(database);
  return rows[0]?.count ?? 0;
}

/** Messages whose call was opened and has no outcome yet. */
export async function openCalls(database: Database): Promise<string[]> {
  const { rows } = await sql<{
    id: string;
  }>`select id from messages where state = 'sending'`.execute(database);
  return rows.map(({ id }) => id);
}

/** How many messages are in which state, and why, for people. */
export async function statesOf(database: Database): Promise<string> {
  const { rows } = await sql<{ said: string }>`
    select coalesce(string_agg(concat_ws(' ', count, state, reason), ', '), 'no messages') as said from (
      select state, left(reason, 60) as reason, count(*) from messages group by 1, 2 order by 1, 2) as counted`.execute(
    database,
  );
  return rows[0]?.said ?? "";
}
