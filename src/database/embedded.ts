import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { findBinaries } from "./embedded-binaries.ts";
import { ensureData, serverSettings } from "./embedded-data.ts";
import { type Place, findPlace } from "./embedded-place.ts";
import { sqlStateOf } from "./sql-state.ts";
import { type Postmaster, awaitPostmaster, halt, launch, startFailure } from "./postmaster.ts";

export interface Embedded {
  /** The project; the data is kept in its `.waypost/`. */
  readonly folder: string;
  /** False gives up all safety against a crash for speed: for data that lives as long as a test run. */
  readonly durable?: boolean;
}

export interface EmbeddedServer {
  /** Its database `waypost`, over a unix socket that only its owner can reach, or over loopback with a password. */
  readonly url: string;
  /** It ran already when we came: another process started it, or one that was killed since. */
  readonly adopted: boolean;
  /** Ends the server, unless somebody else has started or adopted it, or is connected. Close your own connections first. */
  stop(): Promise<void>;
}

const ATTEMPTS = 3;
const OUR_NAME = "waypost launcher";

/**
 * Starts the project's own PostgreSQL, or adopts it when it runs. Any number of processes may do so at once: Postgres
 * itself lets only one server have the data, and whoever comes second adopts that one.
 */
export async function startEmbedded({ folder, durable = true }: Embedded): Promise<EmbeddedServer> {
  const place = findPlace(folder);
  const binaries = findBinaries(place.account, place.copies);
  ensureData(place, binaries, durable);
  for (let attempt = 1; ; attempt += 1) {
    const found = await awaitPostmaster(place.data);
    const started =
      found === undefined
        ? await launch(place, binaries, await serverSettings(place, durable))
        : undefined;
    const postmaster = found ?? started ?? (await awaitPostmaster(place.data));
    if (postmaster === undefined) {
      if (attempt === ATTEMPTS) throw startFailure(place);
      // After a kill -9 its processes may still hold the data for a moment.
      await pause(300);
      continue;
    }
    const url = urlOf(postmaster, place, "waypost");
    try {
      await ensureDatabase(urlOf(postmaster, place, "postgres"));
      const presence = await beThere(urlOf(postmaster, place, "postgres"));
      return {
        url,
        adopted: started === undefined,
        async stop() {
          await presence.end();
          await stop(url, () => halt(place, binaries));
        },
      };
    } catch (error) {
      // Its last user may just have ended it.
      if (attempt === ATTEMPTS) throw startFailure(place, error);
    }
  }
}

/** The host before the `?` is only there because URL parsers want one; the socket's folder after it is what counts. */
function urlOf(postmaster: Postmaster, place: Place, database: string): string {
  if (postmaster.hasSocket) {
    return `postgres://waypost@localhost:${postmaster.port}/${database}?host=${encodeURIComponent(place.data)}`;
  }
  const password = readFileSync(place.password, "utf8");
  return `postgres://waypost:${password}@127.0.0.1:${postmaster.port}/${database}`;
}

async function ensureDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = 'waypost'");
    if (rowCount === 0) await client.query("create database waypost").catch(alreadyThere);
  });
}

/** Two processes may both have found it missing. */
function alreadyThere(error: unknown): void {
  if (!["42P04", "23505"].includes(sqlStateOf(error))) throw error;
}

async function stop(url: string, haltServer: () => void): Promise<void> {
  const others = await withClient(url, async (client) => {
    // Our own connections that were closed a moment ago may still be shutting down.
    for (let look = 0; look < 10; look += 1) {
      const { rowCount } = await client.query(OTHERS);
      if (rowCount === 0) return false;
      await pause(50);
    }
    return true;
  });
  if (!others) haltServer();
}

/** Two processes that stop at once must not each take the other for a user. */
const OTHERS = `select from pg_stat_activity
  where backend_type = 'client backend' and application_name <> '${OUR_NAME}'`;

/**
 * A connection that says we are here: a pool lets its own go when there is nothing to do, and another process that
 * stops meanwhile would take the server along.
 */
async function beThere(url: string): Promise<Client> {
  const client = aClient(url, "waypost");
  await client.connect();
  return client;
}

function aClient(url: string, name: string): Client {
  const client = new Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined);
  return client;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = aClient(url, OUR_NAME);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
