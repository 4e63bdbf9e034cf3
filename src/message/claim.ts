import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { detailsOf } from "./details.ts";
import type { ClaimedMessage } from "./message.ts";

export interface Claim {
  readonly channel: string;
  readonly limit: number;
  readonly now: Date;
  /** How long other workers keep their hands off. Counted by the database's clock, which no host's jump can move. */
  readonly leaseSeconds: number;
}

/**
 * Takes up to `limit` due messages of a channel, receipts before marketing and each oldest due first, with all that
 * rendering them needs. Two workers never
 * get the same message. Messages of a paused journey stay where they are; a paused or throttled channel yields none.
 */
export async function claim(
  database: Database,
  { channel, limit, now, leaseSeconds }: Claim,
): Promise<ClaimedMessage[]> {
  const due = (messageClass: "transactional" | "marketing") => sql`
      select id from messages
      where channel = ${channel} and class = ${sql.lit(messageClass)} and state in ('planned', 'retry') and due_at <= ${now}
        and journey_id not in (select id from journeys where state = 'paused')
        and not exists (select from channels where name = ${channel} and (paused_at is not null or throttled_until > ${now}))
      order by due_at`;
  // One after the other, since an index that puts the class first gives no order over both.
  const { rows } = await sql<ClaimedMessage>`
    with receipts as materialized (
      ${due("transactional")} limit ${limit} for update skip locked
    ), marketing as materialized (
      ${due("marketing")} limit ${limit}::int - (select count(*) from receipts) for update skip locked
    ), due as (
      -- Said once more, as a number, for the planner: else it prepares for a tenth of all that is due.
      select id from receipts union all select id from marketing limit ${limit}
    ), taken as (
      update messages set state = 'claimed', fence = fence + 1, lease_until = clock_timestamp() + ${leaseSeconds} * interval '1 second'
      from due where messages.id = due.id
      returning messages.*
    )
    ${detailsOf("taken")}
    order by m.class desc, m.due_at, m.id`.execute(database);
  return rows;
}

/**
 * Gives messages back that were surely not handed over, so that a worker that stops leaves nothing to wait for. They are
 * `sending` where the answer to that very commit was lost, and `unknown` where the sweeper took their worker for dead.
 */
export async function release(
  database: Database,
  messages: readonly Pick<ClaimedMessage, "id" | "fence">[],
  now: Date,
): Promise<void> {
  await sql`
    with returned as (
      update messages m set state = case when m.attempts = 0 then 'planned' else 'retry' end, lease_until = null
      from unnest(${messages.map((m) => m.id)}::bigint[], ${messages.map((m) => m.fence)}::bigint[]) as held (id, fence)
      where m.id = held.id and m.fence = held.fence and m.state in ('claimed', 'sending', 'unknown')
      returning m.id, m.attempts
    )
    update attempts a set finished_at = ${now}, outcome = 'later', code = 'not_called'
    from returned where a.message_id = returned.id and a.number = returned.attempts and (a.outcome is null or a.outcome = 'unknown')`.execute(
    database,
  );
}
