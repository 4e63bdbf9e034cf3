import { sql } from "kysely";
import { type Session, copy } from "./copy-table.ts";

const counted = [
  "segments",
  "journeys",
  "journey_versions",
  "enrollments",
  "messages",
  "calls",
  "tasks",
];

/**
 * Segments with their members, journeys with their passages, messages, calls and tasks: with all their ids, counted on
 * from there. Calls that a worker has in hand are tried again, since nobody answers here.
 */
export async function copyUnderway(
  session: Session,
  real: string,
  note: (table: string, rows: number) => void,
): Promise<void> {
  const ofChosen = sql`source.customer_id in (select id from coming_customers)`;
  for (const table of ["segments", "journeys", "journey_versions", "passages", "heard_events"])
    await copy(session, real, table, sql`true`);
  for (const table of ["segment_members", "enrollments", "messages"])
    note(table, await copy(session, real, table, ofChosen));
  const ofInside = sql`source.enrollment_id in (select id from enrollments)`;
  for (const table of ["calls", "tasks"]) note(table, await copy(session, real, table, ofInside));
  await copy(session, real, "split_customers", ofChosen);
  await sql`update calls set state = 'retry', lease_until = null where state = 'claimed'`.execute(
    session,
  );
  for (const table of counted)
    await sql`select setval(pg_get_serial_sequence(${table}, 'id'), (select coalesce(max(id), 0) + 1 from ${sql.id(table)}))`.execute(
      session,
    );
}
