import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { interval } from "../duration.ts";
import { owedFrom } from "../message/owed.ts";
import type { Moment } from "./enrollment.ts";
import { reachedBefore } from "./convert-by-condition.ts";
import { shareOf } from "./share.ts";
import type { Version } from "./version.ts";

/** Who may enter, as pieces of one SELECT. `from` names the table customers `customer`. */
export interface Entrants {
  readonly from: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  /** What makes this entry another one than the last: an event, an occurrence, a segment entry. */
  readonly key: RawBuilder<string>;
  /** Whether the key is kept where a customer may come in but once. */
  readonly keepsKey?: boolean;
  /** Properties of the entry event. */
  readonly entry: RawBuilder<unknown>;
  readonly enteredAt: RawBuilder<Date>;
  /** Since when they were to be let in; null for what is asked for this moment. */
  readonly owedAt: RawBuilder<Date | null> | null;
}

/**
 * Enrols a whole set in one INSERT … SELECT, and says how many (the holdout included). Who is inside already, or may not
 * come in again, conflicts with the enrollment there is: doing it twice does it once. Where no key tells that, the
 * customers are locked first, so that of two ways in at once the second sees whom the first let in.
 */
export async function enter(
  transaction: Kysely<Tables>,
  version: Version,
  entrants: Entrants,
  { now, holdout = 0 }: Omit<Moment, "zone">,
): Promise<number> {
  if (!looksBack(version)) return insert(transaction, version, entrants, { now, holdout });
  const { rows } = await sql<{ id: string }>`
    select id from customers
    where id in (select customer_id from (${candidates(version, entrants, { now, holdout })}) as entrant where ${mayEnter(version)})
    order by id for no key update`.execute(transaction);
  if (rows.length === 0) return 0;
  const locked = sql`customer.id = any(${rows.map(({ id }) => id)}::bigint[])`;
  const among = { ...entrants, where: sql`${entrants.where} and ${locked}` };
  return insert(transaction, version, among, { now, holdout });
}

/** As `enter`, as a whole or not at all: in a transaction where it takes more than one statement. */
export function enterAtOnce(
  session: Kysely<Tables>,
  version: Version,
  entrants: Entrants,
  moment: Omit<Moment, "zone">,
): Promise<number> {
  if (!looksBack(version)) return enter(session, version, entrants, moment);
  return session.transaction().execute((own) => enter(own, version, entrants, moment));
}

async function insert(
  transaction: Kysely<Tables>,
  version: Version,
  entrants: Entrants,
  { now, holdout }: { readonly now: Date; readonly holdout: number },
): Promise<number> {
  const { journeyId, journey } = version;
  const { numAffectedRows } = await sql`
    insert into enrollments (journey_id, version_id, customer_id, entry_key, state, step, due_at, reason, entry, holdout,
                             entered_at, moved_at, finished_at, owed_at, reached_before)
    select ${journeyId}, ${version.id}, customer_id, entry_key,
           case when left_alone is null then 'entered' else 'exited' end,
           case when left_alone is null then ${journey.first}::text end,
           case when left_alone is null then ${now}::timestamptz end,
           left_alone, entry, left_alone is not null, entered_at, ${now},
           case when left_alone is not null then ${now}::timestamptz end, case when left_alone is null then owed_at end,
           reached_before
    from (${candidates(version, entrants, { now, holdout })}) as entrant
    where ${mayEnter(version)}
    on conflict on constraint enrollments_once_per_entry do nothing`.execute(transaction);
  return Number(numAffectedRows ?? 0n);
}

/** Each customer once where there is no coming in again at the same time: whose entry is the earliest. */
function candidates(
  version: Version,
  entrants: Entrants,
  { now, holdout }: { readonly now: Date; readonly holdout: number },
): RawBuilder<unknown> {
  const isOnce = version.journey.start.again.kind === "after";
  return sql`select ${isOnce ? sql`distinct on (customer.id)` : sql``} customer.id as customer_id,
      ${keyOf(version, entrants)} as entry_key, ${entrants.entry} as entry, ${entrants.enteredAt} as entered_at,
      ${entrants.owedAt === null ? null : owedFrom(entrants.owedAt)}::timestamptz as owed_at,
      ${leftAlone(version, holdout)} as left_alone, ${reachedBefore(version.journey, entrants.entry, now)} as reached_before
    from ${entrants.from}
    where ${entrants.where}
    ${isOnce ? sql`order by customer.id, entered_at, entry_key` : sql``}`;
}

/**
 * "never" gives every entry the same key, so the table refuses the second. A request keeps its own, by which it is known
 * when it comes again (enter-by-request.ts).
 */
function keyOf({ journey }: Version, { key, keepsKey = false }: Entrants): RawBuilder<string> {
  return journey.start.again.kind === "never" && !keepsKey ? sql<string>`'once'` : key;
}

/** Why a customer's passage is over at once; null for all others. The shop's holdout is the same in every journey. */
export function leftAlone({ journey }: Version, ofAll: number): RawBuilder<string | null> {
  const ofJourney = journey.objective?.holdout ?? 0;
  const cases = [
    ...(journey.class === "marketing" && ofAll > 0
      ? [
          sql`when ${shareOf(sql`customer.id`, "", "holdout")} < ${ofAll}::float8 then 'global holdout'`,
        ]
      : []),
    ...(ofJourney > 0
      ? [sql`when ${shareOf(sql`customer.id`, journey.name)} < ${ofJourney}::float8 then 'holdout'`]
      : []),
  ];
  return cases.length === 0 ? sql`null::text` : sql`case ${sql.join(cases, sql` `)} end`;
}

/** Whether the table's keys do not tell a second entry, so that the first is looked for: with "after", and where keys are kept. */
function looksBack({ journey }: Version): boolean {
  const { again, kind } = journey.start;
  return again.kind === "after" || (again.kind === "never" && kind === "request");
}

/**
 * "after 30 days" counts from the last entry, and nobody comes in twice while still inside. With `then`, as it was at that moment: what
 * began or ended later is left out.
 */
export function mayEnter(version: Version, then: Date | null = null): RawBuilder<boolean> {
  const { journeyId, journey } = version;
  const { again } = journey.start;
  if (!looksBack(version)) return sql<boolean>`true`;
  const isInside =
    then === null
      ? sql`earlier.state in ('entered', 'waiting', 'held')`
      : sql`coalesce(earlier.finished_at > ${then}, true)`;
  const bars =
    again.kind !== "after"
      ? sql`true`
      : sql`(${isInside}
             or earlier.entered_at > entrant.entered_at - ${interval(again.after)}::interval)`;
  return sql<boolean>`not exists (
    select from enrollments earlier
    where earlier.customer_id = entrant.customer_id and earlier.journey_id = ${journeyId} and ${bars}
      ${then === null ? sql`` : sql`and earlier.entered_at <= ${then}`})`;
}
