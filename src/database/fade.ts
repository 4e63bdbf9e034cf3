import { sql } from "kysely";
import { interval } from "../duration.ts";
import type { Database } from "./database.ts";
import type { Forgetting } from "./forget.ts";
import type { Tables } from "./tables.ts";

/** Rows that stay, and lose what tells of a person once they are old. Their ids rise with their time, by and large. */
export interface Fading {
  readonly table: keyof Tables;
  readonly at: string;
  fade(transaction: Database, ids: readonly string[]): Promise<void>;
}

/**
 * Fades the next rows, at most `limit`, and notes how far it came. It ends before the first row that is too young; a time
 * ahead of ours is a wrong clock's and holds up nothing. Returns how many rows it came past.
 */
export function fade(
  database: Database,
  { table, at, fade: fadeRows }: Fading,
  { now, keep, limit }: Forgetting,
): Promise<number> {
  const before = sql`${now}::timestamptz - ${interval(keep)}::interval`;
  return database.transaction().execute(async (transaction) => {
    await sql`insert into faded (what, until) values (${table}, 0) on conflict do nothing`.execute(
      transaction,
    );
    const { rows } = await sql<{ id: string; isOld: boolean }>`
      with done as (select until from faded where what = ${table} for update)
      select id, ${sql.ref(at)} < ${before} or ${sql.ref(at)} > ${now} as "isOld"
      from ${sql.table(table)} where id > (select until from done) order by id limit ${limit}`.execute(
      transaction,
    );
    const young = rows.findIndex(({ isOld }) => !isOld);
    const old = rows.slice(0, young === -1 ? rows.length : young).map(({ id }) => id);
    const last = old.at(-1);
    if (last === undefined) return 0;
    await fadeRows(transaction, old);
    await sql`update faded set until = ${last} where what = ${table}`.execute(transaction);
    return old.length;
  });
}
