import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";

/**
 * Lets the database remember when the transaction that wrote an attempt was committed. The attempt itself is written to
 * again with its outcome, so that a row of ours beside it keeps the number of that transaction.
 */
export async function watchCommits(database: Database): Promise<void> {
  await sql`create schema chaos`.execute(database);
  await sql`create table chaos.openings (message_id bigint not null, number smallint not null)`.execute(
    database,
  );
  await sql`
    create function chaos.note_openings() returns trigger language plpgsql as $$
      begin
        insert into chaos.openings select message_id, number from opened;
        return null;
      end $$`.execute(database);
  await sql`
    create trigger note_openings after insert on attempts referencing new table as opened
      for each statement execute function chaos.note_openings()`.execute(database);
}

/** When each attempt was committed, in milliseconds, by its message's id and its number. */
export async function readCommits(database: Database): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ id: string; number: number; at: number | null }>`
    select message_id as id, number, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at
    from chaos.openings`.execute(database);
  return new Map(
    rows.flatMap(({ id, number, at }) => (at === null ? [] : [[`${id} ${number}`, at]])),
  );
}
