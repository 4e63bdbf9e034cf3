import { Kysely, PostgresDialect } from "kysely";
import { Client, type ClientConfig, Pool, types } from "pg";
import { WaypostError } from "../errors.ts";
import type { Log } from "../log.ts";
import { keepAlive } from "./keep-alive.ts";
import { preparing } from "./prepared.ts";
import type { Tables } from "./tables.ts";

/** Every query goes through one of these. A transaction is one too (`Transaction<Tables>` extends it). */
export type Database = Kysely<Tables>;

export interface Connection {
  readonly url: string;
  /** Where our tables live; beside it only `public` is searched. */
  readonly schema: string;
  readonly maxConnections: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Keeps every statement that comes again parsed and planned: for minutes of the same work. */
  readonly isBusy?: boolean;
  /** Hears of idle connections that broke. Without it they are replaced in silence. */
  readonly log?: Log;
}

const connectWithinMs = 15_000;

/**
 * Gives up on an address that swallows what is sent to it. The pool's own option of that name would also refuse whoever
 * waits that long for one of its connections to come free.
 */
class ImpatientClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: connectWithinMs });
  }
}

/** No transaction of ours waits so long between two of its statements. */
const idleTransactionMs = 120_000;

const pools = new WeakMap<Database, Pool>();

/**
 * A pool of connections, opened as they are needed: nothing is reached until the first query. bigint and numeric come
 * back as strings, `date` as "YYYY-MM-DD", timestamptz as Date; the session's zone is UTC.
 */
export function connect(connection: Connection): Database {
  const pool = new Pool({
    Client: ImpatientClient,
    ...splitOptions(connection),
    ...keepAlive,
    max: connection.maxConnections,
    application_name: connection.applicationName,
    types: { getTypeParser },
  });
  survive(pool, connection.log);
  const database = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: preparing(pool, connection.isBusy) }),
  });
  pools.set(database, pool);
  return database;
}

/**
 * A server that restarts breaks the connections of every pool. The driver tells it by events, of the pool for an idle
 * connection and of the connection itself for one in use, and an event that nobody hears ends the process. The query
 * that was running, or the next one, fails as it should either way.
 */
function survive(pool: Pool, log?: Log): void {
  const hear = (error: Error) => log?.warn({ error: error.message }, "a database connection broke");
  pool.on("error", hear);
  pool.on("connect", (client) => client.on("error", hear));
}

/** The driver's own pool behind `database`, for COPY and LISTEN, which Kysely does not speak. */
export function poolOf(database: Database): Pool {
  const pool = pools.get(database);
  if (pool === undefined) {
    throw new WaypostError(
      "WAYPOST_DATABASE",
      "poolOf: expected the Database that connect() returned, got a transaction",
    );
  }
  return pool;
}

/** A schema's name as it may stand unquoted in SQL and in search_path. */
export function checkedSchema(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return schema;
  throw new WaypostError(
    "WAYPOST_DATABASE",
    `database schema: expected lower-case letters, digits and underscores, such as "waypost", got "${schema}"`,
  );
}

/** The driver lets the URL's own `options` replace ours; they are joined instead. */
function splitOptions({ url, schema }: Connection): { connectionString: string; options: string } {
  // Before theirs, which may say otherwise. What a process that hangs in a transaction holds is free again after it.
  const patience = `-c idle_in_transaction_session_timeout=${idleTransactionMs}`;
  const ours = `-c search_path=${checkedSchema(schema)},public -c timezone=UTC`;
  const query = url.indexOf("?");
  if (query === -1) return { connectionString: url, options: `${patience} ${ours}` };
  const parameters = new URLSearchParams(url.slice(query + 1));
  const theirs = parameters.get("options");
  parameters.delete("options");
  return {
    connectionString: `${url.slice(0, query)}?${parameters.toString()}`,
    options: `${patience} ${theirs ?? ""} ${ours}`,
  };
}

const DATE = 1082;
const DATE_ARRAY = 1182;
const TEXT_ARRAY = 1009;

/** The driver would read a `date` as local midnight, a day off in half of the world. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: never) => unknown {
  if (oid === DATE) return (value: string) => value;
  const parsers: (oid: number, format?: "text" | "binary") => (value: never) => unknown =
    types.getTypeParser;
  return parsers(oid === DATE_ARRAY ? TEXT_ARRAY : oid, format);
}
