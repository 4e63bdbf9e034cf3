import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** What people did with the messages of one step on one channel. Counts messages, not visits. */
export interface Engagement {
  readonly journeyId: number;
  readonly step: string;
  readonly channel: string;
  readonly sent: number;
  readonly delivered: number;
  readonly bounced: number;
  /** By a person, as far as anybody can tell. */
  readonly opened: number;
  readonly clicked: number;
  /** By machines and no person. */
  readonly openedByMachines: number;
  readonly clickedByMachines: number;
  readonly complained: number;
  readonly unsubscribed: number;
}

/** For one journey, or for all. */
export async function engagement(database: Database, journeyId?: number): Promise<Engagement[]> {
  const journey = journeyId === undefined ? sql`` : sql`and journey_id = ${journeyId}`;
  const { rows } = await sql<Engagement>`
    select journey_id as "journeyId", step, channel, count(*)::int as sent,
      count(delivered_at)::int as delivered, count(bounced_at)::int as bounced,
      count(opened_at)::int as opened, count(clicked_at)::int as clicked,
      count(opening.message_id) filter (where opened_at is null)::int as "openedByMachines",
      count(clicking.message_id) filter (where clicked_at is null)::int as "clickedByMachines",
      count(complained_at)::int as complained, count(unsubscribed_at)::int as unsubscribed
    from messages
    left join (select distinct message_id from opens where machine) opening on opening.message_id = messages.id
    left join (select distinct message_id from clicks where machine) clicking on clicking.message_id = messages.id
    where sent_at is not null ${journey}
    group by journey_id, step, channel
    order by journey_id, step, channel`.execute(database);
  return rows;
}
