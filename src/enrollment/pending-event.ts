import { type Kysely, type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import { jsonOperand } from "../audience/operand.ts";
import { referenceOperand } from "../audience/reference-sql.ts";
import type { Tables } from "../database/tables.ts";
import type { Test } from "../journey/condition.ts";
import type { Match } from "../journey/journey.ts";

/** An event that journeys still have to react to. */
export interface PendingEvent {
  readonly event_id: string;
  readonly customer_id: string;
  readonly name: string;
  readonly occurred_at: Date;
  /** JSON, as it is passed on. */
  readonly properties: string;
  /** 1 for the customer's oldest event of the batch, 2 for the next … */
  readonly turn: string;
  /** The one journey that hears it: it was dead for that one, the others have heard it. */
  readonly only_for?: number;
}

/** A customer with more events than this in one batch gets the rest in the next, still in order. */
const MOST_TURNS = 20;

export interface Taken {
  readonly events: readonly PendingEvent[];
  /** Some of them tell that a voucher was used. */
  readonly redeeming: readonly PendingEvent[];
}

/** Takes the oldest events out of the queue. They are gone when the caller's transaction commits, and only then. */
export async function takeEvents(transaction: Kysely<Tables>, limit: number): Promise<Taken> {
  const { rows } = await sql<PendingEvent & { redeems: boolean }>`
    with oldest as (
      select id, row_number() over (partition by customer_id order by id) as turn
      from (select id, customer_id from pending_events order by id limit ${limit}) as head
    )
    delete from pending_events taken using oldest
    where taken.id = oldest.id and oldest.turn <= ${MOST_TURNS}
    returning taken.event_id, taken.customer_id, taken.name, taken.occurred_at, taken.properties::text as properties, oldest.turn,
      taken.name in (select redeemed_by from voucher_pools) as redeems`.execute(transaction);
  return { events: rows, redeeming: rows.filter(({ redeems }) => redeems) };
}

/**
 * The events in sets to be reacted to one after the other: all of one name, and at most one of a customer, who sees what
 * the one before did. Customers do not see one another, so those who are ahead wait for those with most before them.
 */
export function inSets(events: readonly PendingEvent[]): readonly (readonly PendingEvent[])[] {
  const inOrder = events.toSorted((a, b) => Number(b.turn) - Number(a.turn));
  let lines = [...Map.groupBy(inOrder, (event) => event.customer_id).values()];
  const sets: (readonly PendingEvent[])[] = [];
  while (lines.length > 0) {
    const longest = lines.reduce((most, line) => (line.length > most.length ? line : most));
    const name = longest.at(-1)?.name;
    const first = lines.filter((line) => line.at(-1)?.name === name);
    sets.push(first.flatMap((line) => line.pop() ?? []));
    lines = lines.filter((line) => line.length > 0);
  }
  return sets;
}

/** The events as a table `event (id, customer_id, occurred_at, properties)`, for FROM. */
export function asTable(events: readonly PendingEvent[]): RawBuilder<unknown> {
  return sql`unnest(
      ${events.map((event) => event.event_id)}::bigint[], ${events.map((event) => event.customer_id)}::bigint[],
      ${events.map((event) => event.occurred_at)}::timestamptz[], ${events.map((event) => event.properties)}::jsonb[]
    ) as event (id, customer_id, occurred_at, properties)`;
}

/** `where:` of a start, a stop or an await, on the properties of the table `event`. */
export function matches(where: Readonly<Record<string, Test>>, now: Date): RawBuilder<boolean> {
  const of = Object.entries(where).map(([field, test]) => ({
    kind: "entry" as const,
    field,
    test,
  }));
  return conditionSql({ kind: "all", of }, { now, entry: sql.ref("event.properties") });
}

/**
 * `match:` of a stop or an await: the table `event` says of each property what the passage `enrollment` does. 5 and "5"
 * are the same, as shops write ids both ways; what is not there is the same as nothing.
 */
export function agrees(match: Match): RawBuilder<boolean> {
  const pairs = Object.entries(match);
  if (pairs.length === 0) return sql<boolean>`true`;
  const parts = pairs.map(([property, reference]) => {
    const said = jsonOperand(sql.ref("event.properties"), property, `match ${property}`);
    const known = referenceOperand(reference, { customer: "customer", enrollment: "enrollment" });
    return sql`(${said.text} is not null and (${said.text} = ${known.text} or ${said.sql} = ${known.sql}))`;
  });
  return sql<boolean>`exists (select from customers customer
    where customer.id = enrollment.customer_id and ${sql.join(parts, sql` and `)})`;
}
