import { type RawBuilder, sql } from "kysely";
import type { Condition, Test } from "../journey/condition.ts";
import { holdsOfAbsent, isAtLeastOne } from "./absence.ts";
import { storable } from "./bound-value.ts";
import { sinceSql } from "./moment-sql.ts";
import { type Occurrences, occurrencesSql } from "./occurrences-sql.ts";
import { jsonOperand } from "./operand.ts";
import type { Scope } from "./scope.ts";
import { testSql } from "./test-sql.ts";

/** Events of one name, by how many there were, what they carried and when the first and last happened. */
export function eventSql(
  event: Extract<Condition, { kind: "event" }>,
  scope: Scope,
  wanted: boolean,
): RawBuilder<boolean> {
  const { now } = scope;
  const place = `event ${event.name}`;
  const rows = eventsMeant(event, scope);
  if (event.first === null && event.last === null && isAtLeastOne(event.count))
    return occurrencesSql({ ...rows, having: null, holdsOfNone: false }, scope, wanted);
  const counted = isAtLeastOne(event.count) ? atLeastOne : event.count;
  const having = [
    testSql({ kind: "number", sql: sql`count(*)` }, counted, { now, place: `${place} count` }),
    edgeSql("first", event.first, at, scope, place),
    edgeSql("last", event.last, at, scope, place),
  ].filter((part) => part !== null);
  const holdsOfNone = event.first === null && event.last === null && holdsOfAbsent(counted, 0);
  return occurrencesSql(
    { ...rows, having: sql`${sql.join(having, sql` and `)}`, holdsOfNone },
    scope,
    wanted,
  );
}

const at = sql.ref("an_event.occurred_at");

/** The rows that an event condition counts, of all customers. */
export function eventsMeant(
  { name, within, where }: Extract<Condition, { kind: "event" }>,
  { now }: Scope,
): Pick<Occurrences, "from" | "customerId" | "where"> {
  const place = `event ${name}`;
  const asked = [
    sql<boolean>`an_event.name = ${storable(name, place)}::text`,
    sinceSql(at, within, now),
    propertiesSql(where, sql.ref("an_event.properties"), now, `${place} where`),
  ];
  return {
    from: sql`events an_event`,
    customerId: sql.ref("an_event.customer_id"),
    where: sql<boolean>`${sql.join(asked, sql` and `)}`,
  };
}

const atLeastOne: Test = [{ op: "gte", value: 1 }];

/** A test on when the first or the last of the rows happened. */
export function edgeSql(
  edge: "first" | "last",
  test: Test | null,
  at: RawBuilder<unknown>,
  scope: Scope,
  place: string,
): RawBuilder<boolean> | null {
  if (test === null) return null;
  const instant = edge === "first" ? sql`min(${at})` : sql`max(${at})`;
  return testSql({ kind: "instant", sql: instant }, test, {
    now: scope.now,
    place: `${place} ${edge}`,
  });
}

/** The `where` of an event: every test holds of the properties, a jsonb expression. Null where it cannot be told. */
export function propertiesSql(
  where: Readonly<Record<string, Test>>,
  properties: RawBuilder<unknown>,
  now: Date,
  place = "where",
): RawBuilder<boolean> {
  const parts = Object.entries(where).map(([key, test]) =>
    testSql(jsonOperand(properties, key, `${place} ${key}`), test, {
      now,
      place: `${place} ${key}`,
    }),
  );
  return parts.length === 0 ? sql`true` : sql`(${sql.join(parts, sql` and `)})`;
}
