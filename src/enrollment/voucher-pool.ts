import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { listen } from "./heard-event.ts";
import { emptyPool } from "./voucher.ts";

/** A pool as waypost.yaml describes it. */
export interface PoolRules {
  /** The event that says a code was used, and its property that holds the code. */
  readonly redeemed_by: string;
  readonly property: string;
  /** Fewer free codes than this are worth a warning. */
  readonly low: number;
}

/** Writes down how pools are redeemed, and hears the events that say so from now on. */
export async function savePools(
  database: Database,
  pools: Readonly<Record<string, PoolRules>>,
  now: Date,
): Promise<void> {
  const entries = Object.entries(pools);
  if (entries.length === 0) return;
  await database.transaction().execute(async (transaction) => {
    await sql`
      insert into voucher_pools as known (name, redeemed_by, property, low)
      select * from unnest(${entries.map(([name]) => name)}::text[], ${entries.map(([, rules]) => rules.redeemed_by)}::text[],
        ${entries.map(([, rules]) => rules.property)}::text[], ${entries.map(([, rules]) => rules.low)}::int[])
      on conflict (name) do update set redeemed_by = excluded.redeemed_by, property = excluded.property, low = excluded.low`.execute(
      transaction,
    );
    await listen(transaction, now);
  });
}

export interface NewVoucher {
  readonly code: string;
  /** Null for never. */
  readonly expiresAt: Date | null;
}

/** Adds codes to a pool that is there; those it has already stay as they are. Returns how many were new. */
export async function addVouchers(
  database: Database,
  pool: string,
  vouchers: readonly NewVoucher[],
  now: Date,
): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into vouchers (pool, code, expires_at, added_at)
    select ${pool}, code, coalesce(expires_at, 'infinity'), ${now}
    from unnest(${vouchers.map(({ code }) => code)}::text[], ${vouchers.map(({ expiresAt }) => expiresAt)}::timestamptz[])
      as given (code, expires_at)
    on conflict on constraint vouchers_code_once do nothing`.execute(database);
  return Number(numAffectedRows ?? 0n);
}

/** Lets those go on who are held because the pool was empty. Returns how many. */
export async function resumeForVouchers(
  database: Database,
  pool: string,
  now: Date,
): Promise<number> {
  const { numAffectedRows } = await sql`
    update enrollments set state = 'waiting', due_at = ${now}, reason = null, moved_at = ${now}
    where journey_id = any(array(select id from journeys)) and state = 'held' and reason = ${emptyPool(pool)}`.execute(
    database,
  );
  return Number(numAffectedRows ?? 0n);
}

export interface PoolCounts {
  readonly pool: string;
  readonly free: number;
  /** Handed out, good, and not used yet. */
  readonly handedOut: number;
  readonly redeemed: number;
  /** Past their time and never used, handed out or not. */
  readonly expired: number;
  readonly isLow: boolean;
}

export async function listPools(database: Database, now: Date): Promise<readonly PoolCounts[]> {
  const { rows } = await sql<PoolCounts>`
    select pools.name as pool, counted.free, counted."handedOut", counted.redeemed, counted.expired, counted.free < pools.low as "isLow"
    from voucher_pools pools cross join lateral (
      select count(*) filter (where redeemed_at is null and expires_at > ${now} and handed_out_at is null)::int as free,
        count(*) filter (where redeemed_at is null and expires_at > ${now} and handed_out_at is not null)::int as "handedOut",
        count(redeemed_at)::int as redeemed,
        count(*) filter (where redeemed_at is null and expires_at <= ${now})::int as expired
      from vouchers where vouchers.pool = pools.name) as counted
    order by pools.name`.execute(database);
  return rows;
}
