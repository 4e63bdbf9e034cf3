import { type Kysely, type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Tables } from "../database/tables.ts";
import { enter } from "./enter.ts";
import type { Moment } from "./enrollment.ts";
import { type PendingEvent, asTable, matches } from "./pending-event.ts";
import type { Version } from "./version.ts";

/** Enrols whom one of the events starts on the journey, at the time it happened. Returns how many. */
export async function enterByEvents(
  transaction: Kysely<Tables>,
  version: Version,
  events: readonly PendingEvent[],
  moment: Omit<Moment, "zone">,
): Promise<number> {
  const { now } = moment;
  const { start } = version.journey;
  if (start.kind !== "event") return 0;
  const heard = events.filter(({ name }) => name === start.event);
  if (heard.length === 0) return 0;
  return enter(
    transaction,
    version,
    {
      from: sql`${asTable(heard)} join customers as customer on customer.id = event.customer_id`,
      where: sql`${matches(start.where, now)} and ${meetsStart(version, now)}`,
      key: sql<string>`'event:' || event.id`,
      entry: sql`event.properties`,
      // A clock that is ahead must not make an enrollment that begins tomorrow.
      enteredAt: sql<Date>`least(event.occurred_at, ${now}::timestamptz)`,
      owedAt: sql<Date>`event.occurred_at`,
    },
    moment,
  );
}

function meetsStart({ journey }: Version, now: Date): RawBuilder<boolean> {
  const condition = journey.start.if;
  if (condition === null) return sql<boolean>`true`;
  return conditionSql(condition, {
    now,
    entry: sql.ref("event.properties"),
    journey: journey.name,
    customers: "few",
  });
}
