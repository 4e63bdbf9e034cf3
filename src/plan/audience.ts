import { type RawBuilder, type Transaction, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Scope } from "../audience/scope.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Condition } from "../journey/condition.ts";
import { type Found, customersSampled, plannedRows, within } from "./budget.ts";

/** Who a condition is true of now and under a change. */
export interface Difference {
  readonly found: Found;
  readonly now: number;
  readonly then: number;
  readonly enters: number;
  readonly leaves: number;
  /** Ids of a few, to look at. */
  readonly entering: readonly string[];
  readonly leaving: readonly string[];
}

export interface Asked {
  readonly now: Date;
  /** For each of the ways to count in turn. */
  readonly limitMs: number;
  /** The journey that the conditions are of. */
  readonly journey?: string;
  /** All customers, to scale a sample up. */
  readonly customers: number;
  /** What was compared before: a journey's audience is often a segment that changes, too. */
  readonly known?: Map<string, Difference>;
}

/** Null is nobody: a journey that is not there yet, or a segment that will be gone. */
export type Audience = Condition | null;

const sampled = 10_000;

/**
 * Counts both audiences and the difference, exactly if the time suffices, else on a sample of the customers, else by the
 * planner's estimate, which knows no difference.
 */
export async function compareAudiences(
  database: Database,
  was: Audience,
  will: Audience,
  asked: Asked,
): Promise<Difference> {
  // Without the journey's name, unless it matters: messages are those of the same journey.
  const both = JSON.stringify([was, will]);
  const key = both.includes('"message"') ? `${asked.journey} ${both}` : both;
  const known = asked.known?.get(key);
  if (known !== undefined) return known;
  const found =
    (await counted(database, was, will, asked)) ??
    (await sampledFrom(database, was, will, asked)) ??
    (await planned(database, was, will, asked));
  asked.known?.set(key, found);
  return found;
}

interface Row {
  readonly seen?: string;
  readonly was: string;
  readonly will: string;
  readonly enters: string;
  readonly leaves: string;
  readonly entering: readonly string[];
  readonly leaving: readonly string[];
}

async function counted(
  database: Database,
  was: Audience,
  will: Audience,
  asked: Asked,
): Promise<Difference | undefined> {
  const ids = (audience: Audience) =>
    sql`select customer.id from customers as customer where ${predicate(audience, asked, "many")}`;
  const isSame = JSON.stringify(was) === JSON.stringify(will);
  const rows = await within(database, asked.limitMs, async (session) => {
    if (isSame) {
      const query = sql<{ will: string }>`select count(*) as will from (${ids(will)}) as members`;
      return (await query.execute(session)).rows.map((row) => ({
        ...nobody,
        ...row,
        was: row.will,
      }));
    }
    const query = sql<Row>`
      with was as materialized (${ids(was)}), will as materialized (${ids(will)}),
      entering as materialized (select id from will where not exists (select from was where was.id = will.id)),
      leaving as materialized (select id from was where not exists (select from will where will.id = was.id))
      select (select count(*) from was) as was, (select count(*) from will) as will,
             (select count(*) from entering) as enters, (select count(*) from leaving) as leaves,
             array(select id::text from entering order by entering.id limit 5) as entering,
             array(select id::text from leaving order by leaving.id limit 5) as leaving`;
    return (await query.execute(session)).rows;
  });
  return rows?.[0] && difference(rows[0], { by: "count" }, 1);
}

const nobody: Row = { was: "0", will: "0", enters: "0", leaves: "0", entering: [], leaving: [] };

async function sampledFrom(
  database: Database,
  was: Audience,
  will: Audience,
  asked: Asked,
): Promise<Difference | undefined> {
  const percent = Math.min(100, (100 * sampled) / Math.max(1, asked.customers));
  const ask = async (session: Transaction<Tables>) => {
    const query = sql<Row>`
      with looked_at as materialized (
        select customer.id, (${predicate(was, asked, "few")}) is true as was, (${predicate(will, asked, "few")}) is true as will
        from ${customersSampled(percent)}
      )
      select count(*) as seen, count(*) filter (where was) as was, count(*) filter (where will) as will,
             count(*) filter (where will and not was) as enters, count(*) filter (where was and not will) as leaves,
             array(select id::text from looked_at where will and not was order by looked_at.id limit 5) as entering,
             array(select id::text from looked_at where was and not will order by looked_at.id limit 5) as leaving
      from looked_at`;
    return (await query.execute(session)).rows;
  };
  const rows = await within(database, asked.limitMs, ask, "few");
  const [row] = rows ?? [];
  const seen = Number(row?.seen ?? 0);
  if (row === undefined || seen === 0) return undefined;
  const share = Math.min(1, seen / Math.max(1, asked.customers));
  return difference(row, { by: "sample", share }, asked.customers / seen);
}

async function planned(
  database: Database,
  was: Audience,
  will: Audience,
  asked: Asked,
): Promise<Difference> {
  const rows = (audience: Audience) =>
    audience === null
      ? Promise.resolve(0)
      : plannedRows(
          database,
          sql`select from customers as customer where ${predicate(audience, asked, "many")}`,
        );
  const [now, then] = [await rows(was), await rows(will)];
  return { found: { by: "planner" }, now, then, enters: 0, leaves: 0, entering: [], leaving: [] };
}

function difference(row: Row, found: Found, scale: number): Difference {
  const scaled = (count: string) => Math.round(Number(count) * scale);
  return {
    found,
    now: scaled(row.was),
    then: scaled(row.will),
    enters: scaled(row.enters),
    leaves: scaled(row.leaves),
    entering: row.entering,
    leaving: row.leaving,
  };
}

/** The audience as a test on the alias `customer`. */
export function predicate(
  audience: Audience,
  { now, journey }: Pick<Asked, "now" | "journey">,
  customers: NonNullable<Scope["customers"]>,
): RawBuilder<boolean> {
  if (audience === null) return sql<boolean>`false`;
  const scope: Scope = { now, customers, sql: true, ...(journey === undefined ? {} : { journey }) };
  return conditionSql(audience, scope);
}
