import { type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import { jsonOperand } from "../audience/operand.ts";
import { referenceOperand } from "../audience/reference-sql.ts";
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
  /** The one journey that hears it: it was dead for that one, the others have heard it. Null: all of them do. */
  readonly only_for: number | null;
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
