import { type Kysely, type RawBuilder, type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";

export type Session = Transaction<Tables>;

/** The rows of a table that are wanted, over the alias `source`, into the scratch table of the same name. */
export async function copy(
  session: Session,
  real: string,
  table: string,
  where: RawBuilder<unknown>,
): Promise<number> {
  const columns = await columnsOf(session, table);
  const { numAffectedRows } = await sql`
    insert into ${sql.id(table)} (${columns}) overriding system value
    select ${columns} from ${sql.id(real, table)} source where ${where}`.execute(session);
  return Number(numAffectedRows ?? 0n);
}

/** The same, into a table of another name that is made for them. */
export async function copyAs(
  session: Session,
  real: string,
  table: string,
  as: string,
  where: RawBuilder<unknown>,
): Promise<number> {
  const columns = await columnsOf(session, table);
  await sql`
    create unlogged table ${sql.id(as)} as select ${columns} from ${sql.id(real, table)} source where ${where}`.execute(
    session,
  );
  const { rows } = await sql<{ count: string }>`select count(*) from ${sql.id(as)}`.execute(
    session,
  );
  return Number(rows[0]?.count ?? 0);
}

/** Those of the scratch table, which knows what is generated. */
export async function columnsOf(
  session: Kysely<Tables>,
  table: string,
): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = to_regclass(${table}) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`.execute(
    session,
  );
  return sql.join(rows.map(({ name }) => sql.id(name)));
}
