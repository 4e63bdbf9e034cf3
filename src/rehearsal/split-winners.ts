import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Session } from "./copy-table.ts";

/** The arms that have won, by the names of journeys: a rehearsal may give these other ids. */
export async function copyWinners(session: Session, real: string): Promise<void> {
  await sql`
    create unlogged table coming_winners as
    select journey.name as journey, winner.step, winner.arm, winner.decided_at, winner.tally
    from ${sql.id(real, "split_winners")} winner join ${sql.id(real, "journeys")} journey on journey.id = winner.journey_id`.execute(
    session,
  );
}

/** Whoever comes to a split whose winner is known takes that arm: nobody clicks here who could decide it anew. */
export async function adoptWinners(database: Kysely<Tables>): Promise<void> {
  await sql`
    insert into split_winners (journey_id, step, arm, decided_at, tally)
    select journeys.id, coming.step, coming.arm, coming.decided_at, coming.tally
    from coming_winners coming join journeys on journeys.name = coming.journey
    on conflict do nothing`.execute(database);
}
