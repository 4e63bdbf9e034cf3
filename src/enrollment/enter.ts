import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import { shareOf } from "./share.ts";
import type { Version } from "./version.ts";

/** Who may enter, as pieces of one SELECT. `from` names the table customers `customer`. */
export interface Entrants {
  readonly from: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  /** What makes this entry another one than the last: an event, an occurrence, a segment entry. */
  readonly key: RawBuilder<string>;
  /** Properties of the entry event. */
  readonly entry: RawBuilder<unknown>;
  readonly enteredAt: RawBuilder<Date>;
}

/**
 * Enrols a whole set in one INSERT … SELECT, and says how many (the holdout included). Who is inside already, or may not
 * come in again, conflicts with the enrollment there is: doing it twice does it once.
 */
export async function enter(
  transaction: Kysely<Tables>,
  version: Version,
  entrants: Entrants,
  now: Date,
): Promise<number> {
  const { journeyId, journey } = version;
  const isHeldOut = holdoutOf(version);
  const { numAffectedRows } = await sql`
    insert into enrollments (journey_id, version_id, customer_id, entry_key, state, step, due_at, reason, entry, holdout,
                             entered_at, moved_at, finished_at)
    select ${journeyId}, ${version.id}, customer_id, entry_key,
           case when held_out then 'exited' else 'entered' end,
           case when held_out then null else ${journey.first}::text end,
           case when held_out then null else ${now}::timestamptz end,
           case when held_out then 'holdout' end,
           entry, held_out, entered_at, ${now},
           case when held_out then ${now}::timestamptz end
    from (
      select customer.id as customer_id, ${keyOf(version, entrants)} as entry_key, ${entrants.entry} as entry,
             ${entrants.enteredAt} as entered_at, ${isHeldOut} as held_out
      from ${entrants.from}
      where ${entrants.where}
    ) as entrant
    where ${mayEnter(version)}
    on conflict on constraint enrollments_once_per_entry do nothing`.execute(transaction);
  return Number(numAffectedRows ?? 0n);
}

/** "never" gives every entry the same key, so the table refuses the second. */
function keyOf({ journey }: Version, { key }: Entrants): RawBuilder<string> {
  return journey.start.again.kind === "never" ? sql<string>`'once'` : key;
}

function holdoutOf({ journey }: Version): RawBuilder<boolean> {
  const holdout = journey.objective?.holdout ?? 0;
  if (holdout <= 0) return sql<boolean>`false`;
  return sql<boolean>`${shareOf(sql`customer.id`, journey.name)} < ${holdout}::float8`;
}

/** "after 30 days" counts from the last entry, and nobody comes in twice while still inside. */
function mayEnter({ journeyId, journey }: Version): RawBuilder<boolean> {
  const { again } = journey.start;
  if (again.kind !== "after") return sql<boolean>`true`;
  return sql<boolean>`not exists (
    select from enrollments earlier
    where earlier.customer_id = entrant.customer_id and earlier.journey_id = ${journeyId}
      and (earlier.state in ('entered', 'waiting', 'held')
           or earlier.entered_at > entrant.entered_at - ${interval(again.after)}::interval))`;
}
