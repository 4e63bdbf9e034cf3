import { type RawBuilder, sql } from "kysely";
import { shareOf } from "../enrollment/share.ts";
import type { JourneyFile, SegmentFile } from "../journey/read-project.ts";
import { type Session, copy, copyAs } from "./copy-table.ts";
import { copyUnderway } from "./copy-underway.ts";
import { copyVouchers } from "./copy-vouchers.ts";
import { refuseStrangers } from "./named-customers.ts";
import { copyWinners } from "./split-winners.ts";
import type { Scratch } from "./scratch.ts";

/** Which part of the real shop is rehearsed with. */
export interface Copying {
  readonly journeys: readonly JourneyFile[];
  readonly segments: readonly SegmentFile[];
  /** A share from 0 to 1, by a hash of the customer's id: the same customers each time. Null for all. */
  readonly sample: number | null;
  /** Ids, e-mail addresses, or the name of one segment. Null for all. */
  readonly customers: readonly string[] | null;
  /** What happened later is left out. */
  readonly until: Date;
  /** Orders completed since then that no event tells of get one: a shop may have imported the orders alone. */
  readonly tellOrdersSince: Date | null;
  /** Take what is applied along, who is inside, and what was sent: the rehearsal goes on from there. */
  readonly isUnderway: boolean;
}

/** Rows copied, by table. */
export type Copied = Readonly<Record<string, number>>;

type Ground = Pick<Scratch, "database" | "real">;

const ordered = "order_completed";

/**
 * Copies what journeys can see of the real shop into the scratch schema, all of it as it was at one moment, in one
 * transaction that writes to nothing else. Customers, what they agreed to and addresses that are closed go into `coming_…`:
 * they come in when the clock gets there (arrivals.ts). What is ahead of the clock, of orders and events, no condition sees.
 */
export async function copyShop(
  { database, real }: Ground,
  copying: Copying,
  onTable: (table: string, rows: number) => void,
): Promise<Copied> {
  const copied: Record<string, number> = {};
  await database
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute(async (session) => {
      if (copying.customers !== null) await refuseStrangers(session, real, copying.customers);
      const note = (table: string, rows: number) => {
        copied[table] = (copied[table] ?? 0) + rows;
        onTable(table, copied[table]);
      };
      note("customers", await chooseCustomers(session, real, copying));
      const ofChosen = sql`source.customer_id in (select id from coming_customers)`;
      note("consents", await copyAs(session, real, "consents", "coming_consents", ofChosen));
      note(
        "suppressions",
        await copyAs(session, real, "suppressions", "coming_suppressions", sql`true`),
      );
      const until = (column: string) =>
        sql`${ofChosen} and ${sql.ref(`source.${column}`)} <= ${copying.until}`;
      note("accounts", await copy(session, real, "accounts", sql`true`));
      note("products", await copy(session, real, "products", sql`true`));
      note("orders", await copy(session, real, "orders", until("ordered_at")));
      note(
        "order_lines",
        await copy(session, real, "order_lines", sql`source.order_id in (select id from orders)`),
      );
      note(
        "events",
        await copy(session, real, "events", sql`${until("occurred_at")} and ${spokenOf(copying)}`),
      );
      note("events told by orders", await tellOrders(session, copying));
      await joinedAt(session);
      if (copying.isUnderway) await copyUnderway(session, real, note);
      note("vouchers", await copyVouchers(session, real, copying));
      await copyWinners(session, real);
    });
  await sql`analyze events, orders, order_lines, coming_customers, coming_consents`.execute(
    database,
  );
  return copied;
}

/** Rough, from the server's statistics; for a word of warning before a long copy. */
export async function estimateRows({ database, real }: Ground): Promise<number> {
  const { rows } = await sql<{ rows: string }>`
    select coalesce(sum(greatest(reltuples, 0)), 0)::bigint as rows from pg_class
    where relnamespace = ${real}::regnamespace and relkind = 'r'
      and (relname in ('customers', 'orders', 'order_lines') or relname like 'events\\_%')`.execute(
    database,
  );
  return Number(rows[0]?.rows ?? 0);
}

async function chooseCustomers(
  session: Session,
  real: string,
  { sample, customers }: Copying,
): Promise<number> {
  const isIn =
    sample === null ? sql`true` : sql`${shareOf(sql`source.id`, "sample")} < ${sample}::float8`;
  const isNamed =
    customers === null
      ? sql`true`
      : sql`(source.external_id = any(${customers}::text[]) or source.email = any(${customers}::text[]) or source.id in (
          select member.customer_id from ${sql.id(real, "segment_members")} member
          join ${sql.id(real, "segments")} segment on segment.id = member.segment_id
          where member.left_at is null and segment.name = any(${customers}::text[])))`;
  return copyAs(session, real, "customers", "coming_customers", sql`${isIn} and ${isNamed}`);
}

/** An import takes today for the day a customer joined; whoever ordered before that was there before. */
async function joinedAt(session: Session): Promise<void> {
  await sql`alter table coming_customers add column coming_at timestamptz`.execute(session);
  await sql`
    update coming_customers c set coming_at = least(c.created_at, heard.first) - interval '1 second'
    from (
      select coming.id, min(heard.at) as first from coming_customers coming left join (
        select customer_id, min(ordered_at) as at from orders group by 1
        union all select customer_id, min(occurred_at) from events group by 1
        union all select customer_id, min(occurred_at) from coming_consents group by 1) as heard on heard.customer_id = coming.id
      group by 1) as heard
    where heard.id = c.id`.execute(session);
  await sql`create index on coming_customers (coming_at)`.execute(session);
  await sql`create index on coming_consents (occurred_at)`.execute(session);
}

/** Events whose name any of the files says, be it a start, a goal or a condition; all, where SQL may ask for any. */
function spokenOf({ journeys, segments }: Copying): RawBuilder<unknown> {
  const definitions = [
    ...journeys.map(({ journey }) => journey),
    ...segments.map(({ condition }) => condition),
  ];
  if (JSON.stringify(definitions).includes('"kind":"sql"')) return sql`true`;
  return sql`source.name = any(${[...new Set(textsIn(definitions))]}::text[])`;
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

async function tellOrders(
  session: Session,
  { journeys, tellOrdersSince }: Copying,
): Promise<number> {
  if (
    tellOrdersSince === null ||
    !textsIn(journeys.map(({ journey }) => journey)).includes(ordered)
  )
    return 0;
  await sql`select setval('event_ids', (select coalesce(max(id), 0) + 1 from events))`.execute(
    session,
  );
  const { numAffectedRows } = await sql`
    insert into events (customer_id, name, occurred_at, received_at, properties)
    select o.customer_id, ${ordered}, o.ordered_at, o.ordered_at,
      jsonb_build_object('order_id', o.external_id, 'total', o.total, 'currency', o.currency, 'items', coalesce((
        select jsonb_agg(jsonb_build_object('name', p.name, 'quantity', l.quantity, 'price', l.unit_price, 'url', p.url) order by l.line)
        from order_lines l left join products p on p.id = l.product_id where l.order_id = o.id), '[]'))
    from orders o
    where o.ordered_at > ${tellOrdersSince} and o.status = 'completed' and not exists (
      select from events e where e.customer_id = o.customer_id and e.name = ${ordered}
        and e.occurred_at between o.ordered_at - interval '1 hour' and o.ordered_at + interval '1 hour')
    order by o.ordered_at`.execute(session);
  return Number(numAffectedRows ?? 0n);
}
