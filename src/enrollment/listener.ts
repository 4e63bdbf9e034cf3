import { type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { eventsHeardBy } from "./heard-event.ts";
import type { PendingEvent } from "./pending-event.ts";
import { leftSomething } from "./take-back.ts";
import { type Version, enrollingJourneys, versionsOf } from "./version.ts";

/** A version that has to react to events. */
export interface Listener {
  readonly version: Version;
  /** Whether it lets customers in; those of an older version are only led to its end. */
  readonly enrols: boolean;
  /** The events it hears. */
  readonly names: ReadonlySet<string>;
  /** Customers with a passage through it that an event may still stop or wake. Who enters on the way is added. */
  readonly insiders: Set<string>;
  /** And those who may still reach its goal. */
  readonly unconverted: Set<string>;
}

export function isHeard(
  { name, only_for: journey }: PendingEvent,
  listeners: readonly Listener[],
): boolean {
  return listeners.some(
    ({ names, version }) => names.has(name) && (journey === null || journey === version.journeyId),
  );
}

/**
 * The versions that enrol, and the older ones that customers of the events may still be in: by journey, since versions of
 * one see what the others did, and the older ones first.
 */
export async function listenersTo(
  transaction: Transaction<Tables>,
  events: readonly PendingEvent[],
): Promise<readonly (readonly Listener[])[]> {
  if (events.length === 0) return [];
  const enrolling = await enrollingJourneys(transaction);
  const passages = await passagesOf(transaction, events);
  const known = new Set(enrolling.map(({ id }) => id));
  const older = await versionsOf(
    transaction,
    [...passages.keys()].filter((id) => !known.has(id)),
  );
  const listeners = [...older.values(), ...enrolling].map((version) => ({
    version,
    enrols: known.has(version.id),
    names: eventsHeardBy(version.journey),
    insiders: new Set(passages.get(version.id)?.open),
    unconverted: new Set(passages.get(version.id)?.unconverted),
  }));
  return [...Map.groupBy(listeners, ({ version }) => version.journeyId).values()];
}

interface Passages {
  readonly version_id: number;
  readonly open: readonly string[] | null;
  readonly unconverted: readonly string[] | null;
}

/** By version, the customers of the events who have passages through it that an event may still change. */
async function passagesOf(
  transaction: Transaction<Tables>,
  events: readonly PendingEvent[],
): Promise<ReadonlyMap<number, Passages>> {
  const customers = [...new Set(events.map((event) => event.customer_id))];
  const { rows } = await sql<Passages>`
    select version_id, array_agg(distinct customer_id) filter (where converted_at is null) as unconverted,
      array_agg(distinct customer_id) filter (where state in ('entered', 'waiting', 'held')
        or (state = 'completed' and ${leftSomething})) as open
    from enrollments enrollment
    where customer_id = any(${customers}::bigint[]) and (converted_at is null or state <> 'exited')
    group by version_id order by version_id`.execute(transaction);
  return new Map(rows.map((row) => [row.version_id, row]));
}
