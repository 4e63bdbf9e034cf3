import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { eventsHeardBy } from "../enrollment/heard-event.ts";
import type { Journey } from "../journey/journey.ts";
import { columnsOf } from "./copy-table.ts";

const kinds = ["customers", "consents", "suppressions", "events"] as const;
type Kind = (typeof kinds)[number];

/**
 * What really happened, brought in again as the clock gets there: who joined, what was agreed to, which addresses were
 * closed, and the events that journeys listen for.
 */
export class Arrivals {
  readonly #database: Database;
  /** Events that can start, stop or judge a passage whoever it is; others only wake who waits for them. */
  readonly #decisive: readonly string[];
  readonly #columns = new Map<string, RawBuilder<unknown>>();

  constructor(database: Database, journeys: readonly Journey[]) {
    this.#database = database;
    this.#decisive = [
      ...new Set(journeys.flatMap((journey) => [...eventsHeardBy(withoutAwaits(journey))])),
    ];
  }

  /** The steps after `from`, by their number, in which something of a kind arrives. */
  async stepsOf(from: Date, stepMs: number): Promise<Readonly<Record<Kind, ReadonlySet<number>>>> {
    await this.#gather(from);
    const { rows } = await sql<{ kind: Kind; steps: string[] }>`
      select kind, array_agg(distinct ceil(extract(epoch from at - ${from}::timestamptz) * 1000 / ${stepMs})::bigint) as steps from (
        select 'customers' as kind, coming_at as at from coming_customers
        union all select 'consents', occurred_at from coming_consents
        union all select 'suppressions', created_at from coming_suppressions
        union all select 'events', occurred_at from coming_events) as arrivals
      where at > ${from} group by kind`.execute(this.#database);
    const of = (kind: Kind) => new Set(rows.find((row) => row.kind === kind)?.steps.map(Number));
    return {
      customers: of("customers"),
      consents: of("consents"),
      suppressions: of("suppressions"),
      events: of("events"),
    };
  }

  /** Lets in what arrived in (after, until], all at once. Returns how many events journeys have to react to. */
  async letIn(after: Date, until: Date, isComing: (kind: Kind) => boolean): Promise<number> {
    const coming = kinds.filter(isComing);
    const last = coming.at(-1);
    if (last === undefined) return 0;
    const isIn = (column: string) =>
      sql<boolean>`${sql.ref(column)} > ${after} and ${sql.ref(column)} <= ${until}`;
    const inserts = await Promise.all(coming.map((kind) => this.#inserting(kind, isIn)));
    const others = inserts
      .slice(0, -1)
      .map((insert, nth) => sql`${sql.ref(`other_${nth}`)} as (${insert})`);
    const { numAffectedRows } = await sql`
      ${others.length === 0 ? sql`` : sql`with ${sql.join(others)}`}
      ${inserts.at(-1)}`.execute(this.#database);
    return last === "events" ? Number(numAffectedRows ?? 0n) : 0;
  }

  async #inserting(
    kind: Kind,
    isIn: (column: string) => RawBuilder<boolean>,
  ): Promise<RawBuilder<unknown>> {
    switch (kind) {
      case "customers": {
        const columns = await this.#columnsOf(kind);
        return sql`insert into customers (${columns}) overriding system value
          select ${columns} from coming_customers where ${isIn("coming_at")} on conflict do nothing`;
      }
      case "consents": {
        const columns = await this.#columnsOf(kind);
        return sql`insert into consents (${columns}) overriding system value
          select ${columns} from coming_consents where ${isIn("occurred_at")} order by occurred_at, id`;
      }
      case "suppressions":
        return sql`insert into suppressions select * from coming_suppressions
          where ${isIn("created_at")} on conflict do nothing`;
      case "events":
        return telling(isIn("occurred_at"));
    }
  }

  /** What journeys listen for, in one table in its order: thousands of looks into months of events cost more. */
  async #gather(from: Date): Promise<void> {
    await sql`
      create unlogged table coming_events as
      select id, customer_id, name, occurred_at, properties, name = any(${this.#decisive}::text[]) as is_decisive from events
      where name in (select name from heard_events) and occurred_at > ${from}`.execute(
      this.#database,
    );
    await sql`create index on coming_events (occurred_at, id)`.execute(this.#database);
    await sql`analyze coming_events`.execute(this.#database);
  }

  async #columnsOf(table: "customers" | "consents"): Promise<RawBuilder<unknown>> {
    const columns = this.#columns.get(table) ?? (await columnsOf(this.#database, table));
    this.#columns.set(table, columns);
    return columns;
  }
}

/** Of the events that only wake, those of customers who wait for them: a shop's pages are viewed all the time. */
function telling(isIn: RawBuilder<boolean>): RawBuilder<unknown> {
  return sql`insert into pending_events (event_id, customer_id, name, occurred_at, properties)
    select id, customer_id, name, occurred_at, properties from coming_events coming
    where ${isIn} and (is_decisive or exists (
      select from enrollments e where e.customer_id = coming.customer_id and e.state = 'waiting' and e.awaiting = coming.name))
    order by occurred_at, id`;
}

function withoutAwaits(journey: Journey): Journey {
  const others = Object.entries(journey.steps).filter(([, { kind }]) => kind !== "await");
  return { ...journey, steps: Object.fromEntries(others) };
}
