import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import type { Config } from "../config.ts";
import type { Environment } from "../environment.ts";
import { type Database, connect } from "../database/database.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import { currency, shop } from "./shop-product.ts";

const shipped = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The demo's own project, `.waypost/demo`: the shipped workflows and templates, a database and an outbox of its own, all
 * of it anew each time but the server's files. `waypost -C .waypost/demo status` looks into it.
 */
export function makeProject(base: string): string {
  const folder = join(base, ".waypost", "demo");
  try {
    mkdirSync(folder, { recursive: true });
    for (const name of ["workflows", "templates"]) link(join(shipped, name), join(folder, name));
    writeFileSync(join(folder, "waypost.yaml"), configFile);
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_CONFIG",
      `${folder}: expected a folder to keep the demo in, got "${reasonOf(cause)}"; make it writable, or name another place with --folder`,
      { cause },
    );
  }
  return folder;
}

/** Clears away what the last demo left; only once it is sure that no other is at work here. */
export function clearProject(folder: string): void {
  for (const path of [shopFiles(folder), join(folder, ".waypost", "outbox")])
    rmSync(path, { recursive: true, force: true });
  mkdirSync(shopFiles(folder));
}

/** Where the sample shop's files are, as a real shop would have exported them. */
export function shopFiles(folder: string): string {
  return join(folder, "shop");
}

const configFile = `# Made by \`waypost demo\`, anew each time.
zone: Europe/London
country: GB
currency: ${currency}
shop:
  name: ${shop.name}
  address: ${shop.address}
  url: ${shop.url}
  support_email: ${shop.support_email}
`;

function link(target: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    if (existsSync(path)) return;
    rmSync(path);
  }
  // A junction is what Windows lets anybody make.
  symlinkSync(target, path, "junction");
}

export interface PlayedProviders {
  readonly url: string;
  readonly sendgridPublicKey: string;
  readonly twilioAuthToken: string;
}

/** Nothing of the caller's keys and databases is used: every message goes to the local providers. */
export function playedConfig(
  config: Config,
  played: {
    readonly databaseUrl: string;
    readonly url: string;
    readonly providers: PlayedProviders;
  },
): Config {
  const { HOST, PORT, LOG_LEVEL, WAYPOST_SCHEMA } = config.environment;
  const { providers, url, databaseUrl } = played;
  const environment: Environment = {
    HOST,
    PORT,
    WAYPOST_SCHEMA,
    LOG_LEVEL: LOG_LEVEL === "info" ? "error" : LOG_LEVEL,
    DATABASE_URL: databaseUrl,
    SENDGRID_API_KEY: "SG.demo",
    SENDGRID_WEBHOOK_KEY: providers.sendgridPublicKey,
    SENDGRID_BASE_URL: providers.url,
    TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}`,
    TWILIO_AUTH_TOKEN: providers.twilioAuthToken,
    TWILIO_BASE_URL: providers.url,
  };
  const { email, sms } = config.channels;
  const channels: Config["channels"] = {
    ...(email && {
      email: { ...email, provider: "sendgrid", from: `${shop.name} <${shop.support_email}>` },
    }),
    ...(sms && { sms: { ...sms, provider: "twilio", from: "+447700900123" } }),
  };
  return { ...config, url, channels, environment };
}

/** A port kept for the demo until it is asked to let it go. */
export interface KeptPort {
  readonly port: number;
  letGo(): Promise<void>;
}

const usualPort = 8080;

/** The port of the environment, or any free one when that is only the usual one and taken. */
export function keepPort({ HOST, PORT }: Environment): Promise<KeptPort> {
  const wanted = listenOn(HOST, PORT);
  return PORT === usualPort ? wanted.catch(() => listenOn(HOST, 0)) : wanted;
}

function listenOn(host: string, port: number): Promise<KeptPort> {
  return new Promise((kept, failed) => {
    const server = createServer();
    server.once("error", (cause) =>
      failed(
        new WaypostError(
          "WAYPOST_CONFIG",
          `PORT: expected ${host}:${port} to be free, got "${cause.message}"; unset PORT and the demo finds one`,
          { cause },
        ),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      kept({
        port: typeof address === "object" ? (address?.port ?? port) : port,
        letGo: () => new Promise((gone) => server.close(() => gone())),
      });
    });
  });
}

/**
 * Empties the demo's database and keeps other demos out of it until disposed of. The lock goes with the connection, so
 * a demo that was killed leaves nothing behind.
 */
export async function keepAlone(databaseUrl: string, schema: string): Promise<AsyncDisposable> {
  const database: Database = connect({
    url: databaseUrl,
    schema,
    maxConnections: 1,
    applicationName: "waypost demo",
  });
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const held = database
    .connection()
    .execute(async (session) => {
      await emptyAlone(session, schema);
      entered.resolve();
      await left.promise;
    })
    .catch(entered.reject);
  await entered.promise.catch(async (thrown: unknown) => {
    await database.destroy();
    throw thrown;
  });
  return {
    async [Symbol.asyncDispose]() {
      left.resolve();
      await held;
      await database.destroy();
    },
  };
}

async function emptyAlone(session: Database, schema: string): Promise<void> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_lock(hashtext('waypost demo')) as locked`.execute(session);
  if (rows[0]?.locked !== true)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      "demo: expected to be alone, found another demo at work in this folder; stop it with Ctrl-C, or name another folder with --folder",
    );
  for (const name of [schema, `${schema}_queue`])
    await sql`drop schema if exists ${sql.id(name)} cascade`.execute(session);
}
