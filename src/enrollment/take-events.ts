import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { isAwake } from "./dead-event.ts";
import type { PendingEvent } from "./pending-event.ts";

/** A customer with more events than this in one batch gets the rest in the next, still in order. */
const MOST_TURNS = 20;
/** For so many events of the queue one that is replayed is taken, whose turn comes however long the queue is. */
const QUEUED_FOR_A_REPLAYED = 4;

export interface Taken {
  /** How many in all. */
  readonly taken: number;
  readonly events: readonly PendingEvent[];
  /** Each for the journey alone that it was dead for, which is to hear it before what came later. */
  readonly replayed: readonly PendingEvent[];
  /** Those of the events that tell that a voucher was used, and those that were dead for the vouchers. */
  readonly redeeming: readonly PendingEvent[];
  /** More may have been there. */
  readonly isFull: boolean;
}

/**
 * Takes the oldest events out of the queue, up to `limit`, and the oldest that are to be heard once more. They are gone
 * when the caller's transaction commits, and only then.
 */
export async function takeEvents(transaction: Kysely<Tables>, limit: number): Promise<Taken> {
  const mostReplayed = Math.ceil(limit / QUEUED_FOR_A_REPLAYED);
  const columns = sql`taken.event_id, taken.customer_id, taken.name, taken.occurred_at, taken.properties, oldest.turn`;
  const { rows } = await sql<PendingEvent & { replayed: boolean; redeems: boolean }>`
    with queued as (
      with oldest as (
        select id, row_number() over (partition by customer_id order by id) as turn
        from (select id, customer_id from pending_events order by id limit ${limit}) as head
      )
      delete from pending_events taken using oldest
      where taken.id = oldest.id and oldest.turn <= ${MOST_TURNS}
      returning ${columns}, null::integer as only_for
    ), replayed as (
      with oldest as (
        select id, row_number() over (partition by customer_id order by id) as turn
        from (select dead.id, dead.customer_id from dead_events dead
              where dead.replayed_at is not null and ${isAwake(sql`dead`)} order by dead.id limit ${mostReplayed}) as head
      )
      delete from dead_events taken using oldest where taken.id = oldest.id
      returning ${columns}, taken.journey_id as only_for
    )
    select event_id, customer_id, name, occurred_at, properties::text as properties, turn, only_for, replayed,
      case when replayed then only_for is null else name in (select redeemed_by from voucher_pools) end as redeems
    from (select *, false as replayed from queued union all select *, true from replayed) as taken`.execute(
    transaction,
  );
  const events = rows.filter(({ replayed }) => !replayed);
  const replayed = rows.filter((event) => event.replayed);
  return {
    taken: rows.length,
    events,
    replayed: replayed.filter((event) => event.only_for !== null),
    redeeming: rows.filter(({ redeems }) => redeems),
    isFull:
      events.length >= limit ||
      replayed.length >= mostReplayed ||
      events.some(({ turn }) => Number(turn) === MOST_TURNS),
  };
}
