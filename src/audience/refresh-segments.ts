import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { inTransaction } from "../database/in-transaction.ts";
import { shownReason } from "../database/shown-reason.ts";
import { type Condition, testsIn } from "../journey/condition.ts";
import { conditionSql } from "./condition-sql.ts";
import { asReader, giveRoom, mayBecomeReader } from "./reader.ts";
import { type KeptSegment, listSegments, noSuchSegment } from "./segment.ts";
import { inOrder } from "./segment-order.ts";

/** What a refresh changed. With a `failure` nothing was, and the members are those of the refresh before. */
export interface Refresh {
  readonly name: string;
  readonly entered: number;
  readonly left: number;
  readonly size: number;
  readonly failure: string | null;
}

/**
 * Evaluates segments at `now`, those that others ask for first, and keeps who entered and who left. One that fails says
 * so in its `failure` and harms no other. One that another worker refreshes at this moment is left to it, and one that
 * gets another condition meanwhile to the next refresh; neither is in the answer.
 */
export async function refreshSegments(
  database: Database,
  now: Date,
  names?: readonly string[],
): Promise<readonly Refresh[]> {
  const { ordered } = inOrder(await listSegments(database));
  const known = ordered.map(({ name }) => name);
  for (const name of names ?? []) if (!known.includes(name)) throw noSuchSegment(name, known);
  const refreshes: Refresh[] = [];
  for (const segment of ordered) {
    if (names !== undefined && !names.includes(segment.name)) continue;
    const refresh = await refreshAlone(database, segment, now);
    if (refresh !== undefined) refreshes.push(refresh);
  }
  return refreshes;
}

function refreshAlone(
  database: Database,
  segment: KeptSegment,
  now: Date,
): Promise<Refresh | undefined> {
  const key = sql`hashtextextended(current_schema() || '.segment.' || ${segment.name}::text, 0)`;
  return database.connection().execute(async (session) => {
    const { rows } = await sql<{
      locked: boolean;
    }>`select pg_try_advisory_lock(${key}) as locked`.execute(session);
    if (rows[0]?.locked !== true) return undefined;
    try {
      return await refresh(session, segment, now);
    } catch (error) {
      return await recordFailure(session, segment, shownReason(error));
    } finally {
      await sql`select pg_advisory_unlock(${key})`.execute(session);
    }
  });
}

/** Undefined, and nothing done, when the segment has got another condition meanwhile. */
export async function refresh(
  session: Database,
  segment: KeptSegment,
  now: Date,
): Promise<Refresh | undefined> {
  const started = performance.now();
  const found = hasSql(segment.condition)
    ? await foundAlone(session, segment.condition, now)
    : audience(segment.condition, now);
  return inTransaction(session, async (transaction) => {
    if (!(await isStillSo(transaction, segment))) return undefined;
    await giveRoom(transaction);
    const changes = await keepMembers(transaction, segment, found, now);
    await transaction
      .updateTable("segments")
      .set({
        size: changes.size,
        refreshed_at: now,
        refresh_ms: Math.round(performance.now() - started),
        failure: null,
      })
      .where("name", "=", segment.name)
      .execute();
    return { name: segment.name, ...changes, failure: null };
  });
}

/** Locks the segment before its members, as whoever saves another condition does. */
async function isStillSo(transaction: Database, { name, condition }: KeptSegment) {
  const { rows } = await sql<{ same: boolean }>`
    select condition = ${JSON.stringify(condition)}::jsonb and removed_at is null as same
    from segments where name = ${name} for no key update`.execute(transaction);
  return rows[0]?.same === true;
}

/** The difference between who is found and who is kept, in one statement. Coming back at the instant of leaving undoes the leaving. */
async function keepMembers(
  transaction: Database,
  segment: KeptSegment,
  found: RawBuilder<unknown>,
  now: Date,
): Promise<Pick<Refresh, "entered" | "left" | "size">> {
  const id = sql`(select id from segments where name = ${segment.name})`;
  // Late in a restored backup, where the original looked in time: as early as it can have been, so that it is known for that.
  const at = sql`coalesce((select refreshed_at + interval '1 millisecond' from segments, installation
    where name = ${segment.name} and (restored_at is not null or refreshed_at <= sent_until)), ${now}::timestamptz)`;
  const { rows } = await sql<{ entered: string; left: string; size: string }>`
    with found as materialized (${found}),
    departed as (
      update segment_members member set left_at = ${at}
      where segment_id = ${id} and left_at is null
        and not exists (select from found where found.id = member.customer_id)
      returning 1
    ),
    arrived as (
      insert into segment_members (segment_id, customer_id, entered_at)
      select ${id}, found.id, ${at} from found
      where not exists (
        select from segment_members member
        where member.segment_id = ${id} and member.customer_id = found.id and member.left_at is null
      )
      on conflict (segment_id, customer_id, entered_at) do update set left_at = null
      returning 1
    )
    select (select count(*) from arrived) as entered, (select count(*) from departed) as left,
           (select count(*) from found) as size`.execute(transaction);
  const [counts] = rows;
  return {
    entered: Number(counts?.entered ?? 0),
    left: Number(counts?.left ?? 0),
    size: Number(counts?.size ?? 0),
  };
}

function audience(condition: Condition, now: Date): RawBuilder<unknown> {
  return sql`select customer.id from customers customer where ${conditionSql(condition, { now, sql: true })}`;
}

/**
 * An operator's own SQL must not run in a statement that writes. It fills a temporary table, the one kind that a
 * read-only transaction may write to, and the members are kept from that.
 */
async function foundAlone(
  session: Database,
  condition: Condition,
  now: Date,
): Promise<RawBuilder<unknown>> {
  await sql`create temporary table if not exists found_customers (id bigint not null)`.execute(
    session,
  );
  await sql`truncate found_customers`.execute(session);
  await grantToReader(session);
  await asReader(session, (transaction) =>
    sql`insert into found_customers ${audience(condition, now)}`.execute(transaction),
  );
  return sql`select id from found_customers`;
}

async function grantToReader(session: Database): Promise<void> {
  const { rows } = await sql<{ may: boolean }>`select ${mayBecomeReader} as may`.execute(session);
  if (rows[0]?.may === true)
    await sql`grant insert on found_customers to pg_read_all_data`.execute(session);
}

function hasSql(condition: Condition): boolean {
  return testsIn(condition).some(({ kind }) => kind === "sql");
}

async function recordFailure(
  session: Database,
  segment: KeptSegment,
  failure: string,
): Promise<Refresh> {
  await session.updateTable("segments").set({ failure }).where("name", "=", segment.name).execute();
  return { name: segment.name, entered: 0, left: 0, size: segment.size, failure };
}
