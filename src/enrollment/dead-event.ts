import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Forgettable } from "../database/forget.ts";
import type { Tables } from "../database/tables.ts";
import { getJourney } from "./journey-state.ts";
import type { PendingEvent } from "./pending-event.ts";
import type { Version } from "./version.ts";

/** An event that one journey could not react to, or the vouchers. The others heard it; this one will when it is replayed. */
export interface DeadEvent {
  readonly event: PendingEvent;
  /** That failed; null: it was a voucher that could not be marked as used. */
  readonly version: Version | null;
  readonly reason: string;
}

/** Keeps them for whom they failed. To be called in the transaction that takes them out of the queue. */
export async function bury(
  transaction: Kysely<Tables>,
  dead: readonly DeadEvent[],
  now: Date,
): Promise<void> {
  if (dead.length === 0) return;
  const of = <T>(read: (one: DeadEvent) => T) => dead.map(read);
  await sql`
    insert into dead_events (journey_id, version_id, event_id, customer_id, name, occurred_at, properties, reason, died_at)
    select event.*, ${now} from unnest(
      ${of(({ version }) => version?.journeyId ?? null)}::int[], ${of(({ version }) => version?.id ?? null)}::int[],
      ${of(({ event }) => event.event_id)}::bigint[], ${of(({ event }) => event.customer_id)}::bigint[],
      ${of(({ event }) => event.name)}::text[], ${of(({ event }) => event.occurred_at)}::timestamptz[],
      ${of(({ event }) => event.properties)}::jsonb[], ${of(({ reason }) => reason)}::text[]) as event
    on conflict do nothing`.execute(transaction);
}

/** Events of one journey that are dead for the same reason. */
export interface DeadEvents {
  /** Null: of the vouchers. */
  readonly journey: string | null;
  readonly events: number;
  readonly reason: string;
  readonly since: Date;
}

const reasonsShown = 20;

/** The most first; those that were told to try again and have not yet are left out. */
export async function listDeadEvents(database: Database): Promise<readonly DeadEvents[]> {
  const { rows } = await sql<DeadEvents>`
    select journeys.name as journey, count(*)::int as events, reason, min(died_at) as since
    from dead_events left join journeys on journeys.id = journey_id
    where replayed_at is null
    group by 1, reason order by 2 desc, 1, reason limit ${reasonsShown}`.execute(database);
  return rows;
}

/** Those of a journey that was archived so long ago that nobody will replay them. */
export const deadOfArchived: Forgettable = {
  table: "dead_events",
  key: "id",
  at: "died_at",
  only: (since) =>
    sql`journey_id in (select id from journeys where state = 'archived' and changed_at < ${since})`,
};

/** Counted to `atMost`. */
export async function countDeadEvents(database: Database, atMost: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from dead_events where replayed_at is null limit ${atMost}) as dead`.execute(
    database,
  );
  return rows[0]?.count ?? 0;
}

/** Lets the journey they are dead for react to them once more, or all journeys and the vouchers. Returns how many. */
export async function replayDeadEvents(
  database: Database,
  { journey, now }: { readonly journey?: string; readonly now: Date },
): Promise<number> {
  const ofJourney =
    journey === undefined
      ? sql`true`
      : sql`journey_id = ${(await getJourney(database, journey)).id}`;
  const { numAffectedRows } = await sql`
    update dead_events set replayed_at = ${now} where replayed_at is null and ${ofJourney}`.execute(
    database,
  );
  return Number(numAffectedRows ?? 0n);
}

/** Whether some are to be heard once more. */
export function isReplayDue(): RawBuilder<boolean> {
  return sql<boolean>`exists (select from dead_events dead where replayed_at is not null and ${isAwake(sql`dead`)})`;
}

/** Whether the journey that it is `dead` for is active: else a replay waits until it is. Vouchers always are. */
export function isAwake(dead: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`(${dead}.journey_id is null
    or exists (select from journeys where journeys.id = ${dead}.journey_id and journeys.state = 'active'))`;
}
