import { randomUUID } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { lockBriefly } from "../database/lock.ts";
import { faultPoint } from "../fault.ts";
import { detailsOf } from "./details.ts";
import type { ClaimedMessage } from "./message.ts";

export interface Claiming {
  readonly channel: string;
  readonly limit: number;
  readonly now: Date;
  /** How long other workers keep their hands off. Counted by the database's clock, which no host's jump can move. */
  readonly leaseSeconds: number;
  /** Where a rate may have room for some of them only, those of all journeys come first, and not those that were due first. */
  readonly inTurns?: boolean;
}

/** What a worker has in its hands. */
export interface Claim {
  /** No other claim ever has it, so it is the fence of what is opened under it. */
  readonly id: string;
  readonly messages: readonly ClaimedMessage[];
}

/** Where many journeys have few messages, the others fill the claim: together they offer this many for each that is taken. */
const offeredForEach = 10;

/**
 * Claims up to `limit` due messages of a channel, receipts before marketing, with all that rendering them needs. Journeys
 * take turns, each with its oldest due, and who begins is drawn: a million messages of one do not keep another's waiting,
 * even where a rate has room for one message at a time. Two workers never have the same message. Messages of a paused
 * journey stay where they are; a paused or throttled channel yields none.
 *
 * A claim only spares others the work: who has a message is decided when it is opened (open-sending.ts). So the messages
 * themselves are not written to.
 */
export async function claim(
  database: Database,
  { channel, limit, now, leaseSeconds, inTurns = false }: Claiming,
): Promise<Claim> {
  const id = randomUUID();
  const offered = limit * offeredForEach;
  const isDue = (message: string, messageClass: "transactional" | "marketing") => {
    const of = (column: string) => sql.ref(`${message}.${column}`);
    return sql`${of("channel")} = ${channel} and ${of("class")} = ${sql.lit(messageClass)} and ${of("needs")} = 'delivery'
      and ${of("due_at")} <= ${now}`;
  };
  const due = (messageClass: "transactional" | "marketing") => sql`
      select turns.id, turns.turn, random() as lot from (
        select id, greatest(${offered}::int / count(*) over (), 1) as offers from journeys
        where state <> 'paused'
          and exists (select from messages waiting where ${isDue("waiting", messageClass)} and waiting.journey_id = journeys.id)
          and not exists (select from channels where name = ${channel} and (paused_at is not null or throttled_until > least(${now}, statement_timestamp())))
      ) as journey cross join lateral (
        select waiting.id, waiting.due_at, row_number() over (order by waiting.due_at) as turn from messages waiting
        where ${isDue("waiting", messageClass)} and waiting.journey_id = journey.id
          and waiting.id not in (select unnest(messages) from claims where channel = ${channel} and lease_until > clock_timestamp())
        order by waiting.due_at limit least(journey.offers, ${limit}::int)
      ) as turns
      order by turn, lot`;
  const messages = await database.transaction().execute(async (transaction) => {
    await lockBriefly(transaction, `claims of ${channel}`, "3s");
    await faultPoint("claim");
    // One after the other, since an index that puts the class first gives no order over both.
    const { rows } = await sql<ClaimedMessage>`
    with receipts as materialized (
      ${due("transactional")} limit ${limit}
    ), marketing as materialized (
      ${due("marketing")} limit ${limit}::int - (select count(*) from receipts)
    ), due as (
      -- Said once more, as a number, for the planner: else it prepares for a tenth of all that is due.
      select * from receipts union all select * from marketing limit ${limit}
    ), claimed as (
      insert into claims (id, channel, messages, lease_until)
      select ${id}::uuid, ${channel}::text, array_agg(id), clock_timestamp() + ${leaseSeconds} * interval '1 second' from due having count(*) > 0
    ), taken as (
      select messages.*, due.turn, due.lot from due join messages using (id)
    )
    ${detailsOf("taken")}
    order by m.class desc, ${inTurns ? sql`m.turn, m.lot` : sql`m.due_at, m.id`}`.execute(
      transaction,
    );
    return rows;
  });
  return { id, messages };
}

/**
 * Whether the message `m` was opened under the claim `claims`, and nothing came of it yet. One that others claimed when
 * the lease was over is theirs, though the dead worker's claim has it on its list as well.
 */
export const isOpen: RawBuilder<boolean> = sql<boolean>`(m.id = any(claims.messages) and m.claim_id = claims.id and m.state = 'sending')`;

/**
 * Ends a claim that is done with. While an answer could not be written, the message it is of is `sending`: then the claim
 * stays, and the sweeper finds it when the lease is over.
 */
export async function endClaim(database: Database, claimId: string): Promise<void> {
  await sql`
    delete from claims where id = ${claimId} and not exists (select from messages m where ${isOpen})`.execute(
    database,
  );
}

/**
 * Gives opened messages back that were surely not handed over, so that a worker that stops leaves nothing to wait for.
 * They are `unknown` where the sweeper took their worker for dead. What was not opened needs only the end of the claim.
 */
export async function release(
  database: Database,
  claimId: string,
  messages: readonly Pick<ClaimedMessage, "id">[],
  now: Date,
): Promise<void> {
  await sql`
    with returned as (
      update messages set state = 'retry', reason = null
      where id = any(${messages.map(({ id }) => id)}::bigint[]) and claim_id = ${claimId} and state in ('sending', 'unknown')
      returning id, attempts
    )
    update attempts a set finished_at = ${now}, outcome = 'later', code = 'not_called'
    from returned where a.message_id = returned.id and a.number = returned.attempts and (a.outcome is null or a.outcome = 'unknown')`.execute(
    database,
  );
}
