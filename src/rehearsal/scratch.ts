import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { type Database, connect } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { sqlStateOf } from "../database/sql-state.ts";
import { WaypostError } from "../errors.ts";
import { makeUnlogged } from "./unlogged.ts";

/**
 * Ground to rehearse on: a schema beside the real one, with the same tables, that is dropped at the end. A role that may
 * use a database can have a schema where it cannot have a database. Its tables are unlogged: nothing of it goes to
 * replicas and backups, and no commit waits for the disk.
 */
export interface Scratch extends AsyncDisposable {
  readonly database: Database;
  readonly schema: string;
  /** The schema beside it, where the real shop is. Only ever read. */
  readonly real: string;
  /** Months of events that will be needed are made first, so that they are unlogged too. */
  prepareMonths(from: Date, until: Date): Promise<void>;
  /** Makes every table as it was after the migrations. */
  empty(): Promise<void>;
}

const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));
const applicationName = "waypost rehearsal";

/**
 * Builds the scratch schema, and drops what killed rehearsals left behind. The lock on its name is held by a connection
 * as long as it is in use, so whoever else sees the name unlocked knows that its owner is dead.
 */
export async function openScratch(url: string, real: string): Promise<Scratch> {
  const schema = `${prefixOf(real)}${randomBytes(4).toString("hex")}`;
  const keeper = connect({ url, schema: real, maxConnections: 2, applicationName });
  const database = connect({
    url: hurried(url),
    schema,
    maxConnections: 4,
    applicationName,
    isBusy: true,
  });
  let letGo: (() => void) | undefined;
  const close = async () => {
    await database.destroy();
    letGo?.();
    await dropSchema(keeper, schema);
    await keeper.destroy();
  };
  try {
    await dropLeftOver(keeper, prefixOf(real));
    letGo = await lockName(keeper, schema);
    await migrate(database, { folder: migrations, schema });
    await makeUnlogged(database, schema);
  } catch (thrown) {
    await close().catch(() => {});
    throw explained(thrown);
  }
  const seeded = await filledTables(database, schema);
  return {
    database,
    schema,
    real,
    async prepareMonths(from, until) {
      await sql`select ensure_event_months(${from}, ${until})`.execute(database);
      await makeUnlogged(database, schema);
    },
    empty: () => emptyTables(database, schema, seeded),
    [Symbol.asyncDispose]: close,
  };
}

/** The connection is kept out of the pool, which closes those that idle: the lock would be gone with it. */
async function lockName(keeper: Database, schema: string): Promise<() => void> {
  const [locked, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = keeper.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${keyOf(schema)})`.execute(connection);
    locked.resolve();
    await over.promise;
    await sql`select pg_advisory_unlock(${keyOf(schema)})`.execute(connection);
  });
  // One that breaks on the way is a server that restarts: all else fails then, and says so.
  holding.catch((thrown: unknown) => locked.reject(thrown));
  await locked.promise;
  return () => over.resolve();
}

/**
 * Thousands of small statements gain nothing by being compiled or planned anew for each handful of values, and no commit
 * here is worth a wait.
 */
function hurried(url: string): string {
  const [address = "", query = ""] = url.split("?", 2);
  const parameters = new URLSearchParams(query);
  const options =
    `${parameters.get("options") ?? ""} -c jit=off -c synchronous_commit=off -c plan_cache_mode=force_generic_plan`.trim();
  parameters.set("options", options);
  return `${address}?${parameters.toString()}`;
}

function prefixOf(real: string): string {
  return `${real}_rehearsal_`;
}

const keyOf = (schema: string) => sql`hashtextextended(${schema}, 0)`;

async function dropLeftOver(keeper: Database, prefix: string): Promise<void> {
  const { rows } = await sql<{ schema: string }>`
    select nspname as schema from pg_namespace where starts_with(nspname, ${prefix})
      and pg_has_role(nspowner, 'USAGE')`.execute(keeper);
  for (const { schema } of rows) {
    const { rows: locks } = await sql<{ free: boolean }>`
      select pg_try_advisory_lock(${keyOf(schema)}) as free`.execute(keeper);
    if (locks[0]?.free !== true) continue;
    await dropSchema(keeper, schema);
    await sql`select pg_advisory_unlock(${keyOf(schema)})`.execute(keeper);
  }
}

async function dropSchema(keeper: Database, schema: string): Promise<void> {
  await sql`set client_min_messages = warning`.execute(keeper);
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(keeper);
}

async function filledTables(database: Database, schema: string): Promise<readonly string[]> {
  const filled: string[] = [];
  for (const name of await tablesOf(database, schema)) {
    const { rows } = await sql<{ is: boolean }>`
      select exists (select from ${sql.id(schema, name)}) as is`.execute(database);
    if (rows[0]?.is === true) filled.push(name);
  }
  return filled;
}

/** What little a test leaves is deleted in milliseconds; TRUNCATE makes new files for every table and index, which takes seconds. */
async function emptyTables(
  database: Database,
  schema: string,
  seeded: readonly string[],
): Promise<void> {
  const names = (await tablesOf(database, schema)).filter((name) => !seeded.includes(name));
  const deleting = names.map(
    (name, nth) => sql`${sql.id(`emptied_${nth}`)} as (delete from ${sql.id(schema, name)})`,
  );
  await sql`
    with ${sql.join(deleting)}
    select setval(counter.seqrelid::regclass, counter.seqstart, false)
    from pg_sequence counter join pg_depend owned on owned.objid = counter.seqrelid and owned.deptype in ('a', 'i')
    join pg_class owner on owner.oid = owned.refobjid
    where owner.relnamespace = ${schema}::regnamespace and owner.relname = any(${names}::text[])`.execute(
    database,
  );
}

async function tablesOf(database: Database, schema: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = ${schema}::regnamespace and relkind = 'r' order by relname`.execute(
    database,
  );
  return rows.map(({ name }) => name);
}

function explained(thrown: unknown): unknown {
  if (sqlStateOf(thrown) !== "42501") return thrown;
  return new WaypostError(
    "WAYPOST_DATABASE",
    "rehearsal: expected a role that may make a schema to rehearse in, found one that may not. GRANT CREATE ON DATABASE … TO its role, or set DATABASE_URL to a copy",
    { cause: thrown },
  );
}
