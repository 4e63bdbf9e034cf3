import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Provider } from "./channel/channel.ts";
import { loadProvider } from "./channel/registry.ts";
import { type WebhookCaller, createWebhookCaller, refusedHostOf } from "./channel/webhook.ts";
import type { House } from "./cli/house.ts";
import { run as runCommand } from "./cli/cli.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { ChannelConfig } from "./config-file.ts";
import {
  type Config,
  type ConfigRead,
  readConfig,
  salvageConfig,
  withVariables,
} from "./config.ts";
import type { Environment } from "./environment.ts";
import { type Database, connect } from "./database/database.ts";
import { type EmbeddedServer, startEmbedded } from "./database/embedded.ts";
import { migrate } from "./database/migrate.ts";
import { refusePooler } from "./database/pooler.ts";
import { explainUnreachable } from "./database/unreachable.ts";
import { checkZones } from "./database/zones.ts";
import { armFaults } from "./fault.ts";
import { checkProject } from "./journey/check-project.ts";
import { doubts } from "./journey/doubts.ts";
import { namesIn, readProject } from "./journey/read-project.ts";
import { type Log, createLog } from "./log.ts";
import type { CapRule } from "./message/cap.ts";
import type { Composer } from "./message/compose.ts";
import type { Delivery } from "./message/delivery-run.ts";
import type { QueuePlace } from "./queue/backend.ts";
import { openBackend } from "./queue/open-backend.ts";
import { createQueueGauge } from "./queue/queue-counts.ts";
import type { Tracing } from "./queue/tracing.ts";
import { createWake } from "./queue/wake.ts";
import { callsSecret, readSecrets } from "./secret.ts";
import { LiveTemplates } from "./template/live-templates.ts";
import { type TemplatesRead, readTemplates } from "./template/load-templates.ts";
import type { Templates } from "./template/template.ts";
import { LinkBook } from "./tracking/links.ts";
import { createTokens } from "./tracking/tokens.ts";
import { trackingUrls } from "./tracking/urls.ts";

const migrations = fileURLToPath(new URL("../migrations", import.meta.url));
const connections = 20;
/** A row in `sending` is given up for unknown only this long after its call's deadline. */
const graceSeconds = 30;

/** Runs one command of the terminal in the current folder. */
export async function run(argv: readonly string[]): Promise<void> {
  await runCommand(
    argv,
    (folder, { clock, change = (config: Config) => config, despiteMistakes } = {}) => {
      const read = despiteMistakes === true ? salvageConfig(folder) : undefined;
      return openHouse(change(read?.config ?? readConfig(folder)), clock, read);
    },
  );
}

/** Joins the parts of an installation. The clock and the providers can be played by others: the demo, tests, the bench. */
export function openHouse(
  config: Config,
  clock: Clock = systemClock,
  flaws: Flaws = { mistakes: [], hidden: new Set() },
): House {
  // The heap of a busy worker would grow to twice what it holds before it is swept: a third more memory, and no faster.
  setFlagsFromString("--heap-growing-percent=40");
  const log = createLog(config.environment.LOG_LEVEL);
  armFaults(config.environment.WAYPOST_FAULTS ?? []);
  const closers: (() => Promise<void>)[] = [];
  const templates = once(
    async () => new LiveTemplates((await readProjectTemplates(config)).templates),
  );
  const house: House = {
    config,
    log,
    clock,
    async project() {
      const read = await readProjectTemplates(config);
      (await templates()).replace(read.templates);
      return checkedProject(config, flaws, read);
    },
    composer: once(async () => joinComposer(config, await templates())),
    databaseUrl: once(async () => {
      if (config.environment.DATABASE_URL !== undefined) return config.environment.DATABASE_URL;
      const server: EmbeddedServer = await startEmbedded({ folder: config.folder });
      closers.push(() => server.stop());
      return server.url;
    }),
    database: once(async () => {
      const schema = config.environment.WAYPOST_SCHEMA;
      const url = await house.databaseUrl();
      const database: Database = connect({
        url,
        schema,
        maxConnections: connections,
        applicationName: "waypost",
        log,
      });
      closers.push(() => database.destroy());
      await refusePooler(database, schema)
        .then(() => migrate(database, { folder: migrations, schema }))
        .catch((thrown: unknown) => {
          throw explainUnreachable(thrown, url);
        });
      return database;
    }),
    queues: once(() => openQueues(config, log, () => house.databaseUrl(), closers)),
    deliveriesBy: (carrier) => deliveriesBy(carrier, config),
    engine: once(async () => {
      const database = await house.database();
      await checkZones(database, { zone: [config.zone], unknown_zones: config.unknown_zones });
      const deliveries = await loadDeliveries(config);
      for (const { carrier } of deliveries.values()) closers.push(() => carrier.close());
      const webhooks = callerOf(config);
      closers.push(() => webhooks.close());
      return {
        config,
        clock,
        log,
        database,
        composer: await house.composer(),
        secrets: () => readSecrets(config.folder, config.environment.WAYPOST_SECRET),
        deliveries,
        webhooks,
      };
    }),
    site: once(async () => {
      const { backend, wake } = await house.queues();
      const queues = createQueueGauge(backend, Object.keys(config.channels));
      closers.push(() => queues.close());
      const tokens = createTokens(readSecrets(config.folder, config.environment.WAYPOST_SECRET));
      const outbox = outboxFolder(config.folder);
      return { engine: await house.engine(), wake, queues, tokens, outbox };
    }),
    async close() {
      for (const close of closers.splice(0).toReversed()) await close();
    },
  };
  return house;
}

type Flaws = Pick<ConfigRead, "mistakes" | "hidden">;

/** The project with all that is wrong in it. What a mistake of waypost.yaml hides is taken to be there. */
function checkedProject(config: Config, flaws: Flaws, read: TemplatesRead) {
  const project = readProject(join(config.folder, "workflows"), config.max_lateness, "workflows");
  const namesOf = (kind: "channel" | "topic") => [
    ...Object.keys(config[`${kind}s`]),
    ...(flaws.hidden.has(`${kind}s`) ? namesIn(project, kind) : []),
  ];
  const known = {
    templates: read.templates.list,
    channels: namesOf("channel"),
    topics: namesOf("topic"),
    shop: Object.keys(config.shop),
    pools: Object.keys(config.pools),
    refusedHostOf: (address: string) => refusedHostOf(address, config.calls.allow),
  };
  const between = checkProject(project, known);
  const mistakes = [...flaws.mistakes, ...read.mistakes, ...project.mistakes, ...between];
  return { project, mistakes, warnings: doubts(project, known) };
}

async function openQueues(
  config: Config,
  log: Log,
  databaseUrl: () => Promise<string>,
  closers: (() => Promise<void>)[],
) {
  const { REDIS_URL, WAYPOST_SCHEMA } = config.environment;
  const tracing = await openTraces(config);
  if (tracing !== undefined) closers.push(() => tracing.close());
  const place: QueuePlace =
    REDIS_URL === undefined
      ? { kind: "postgres", url: await databaseUrl(), schema: `${WAYPOST_SCHEMA}_queue` }
      : { kind: "redis", url: REDIS_URL, prefix: WAYPOST_SCHEMA };
  const backend = await openBackend(place, log, tracing?.traced);
  const wake = createWake(backend);
  closers.push(() => wake.close());
  return { backend, wake };
}

/** OpenTelemetry is loaded where traces are wanted, and nowhere else. */
async function openTraces({ environment, folder }: Config): Promise<Tracing | undefined> {
  if (environment.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const { openTracing } = await import("./queue/tracing.ts");
  return openTracing(folder, environment.OTEL_SERVICE_NAME ?? "waypost");
}

function joinComposer(config: Config, templates: Templates): Composer {
  const channels = Object.entries(config.channels);
  const secrets = readSecrets(config.folder, config.environment.WAYPOST_SECRET);
  return {
    templates,
    links: new LinkBook(),
    urls: trackingUrls(config.url, secrets),
    shop: config.shop,
    carriers: Object.fromEntries(channels.map(([name, { provider }]) => [name, provider])),
    from: Object.fromEntries(channels.map(([name, { from }]) => [name, from])),
  };
}

function readProjectTemplates({ folder, locale, currency, zone }: Config) {
  return readTemplates(join(folder, "templates"), { locale, currency, zone });
}

async function loadDeliveries(config: Config): Promise<ReadonlyMap<string, Delivery>> {
  const deliveries = new Map<string, Delivery>();
  for (const [name, channel] of Object.entries(config.channels)) {
    const options = { ...optionsFromEnvironment(channel.provider, config), ...channel.options };
    const carrier = await loadProvider(channel.provider, options, config.folder, name);
    deliveries.set(name, deliveryOf(name, channel, carrier, config));
  }
  return deliveries;
}

/** Without rates: those are by a real clock, and what is played here calls nobody. */
function deliveriesBy(carrier: Provider, config: Config): ReadonlyMap<string, Delivery> {
  return new Map(
    Object.entries(config.channels).map(([name, channel]) => [
      name,
      { ...deliveryOf(name, channel, carrier, config), rate: null },
    ]),
  );
}

/** How a channel is delivered, from its part of the config. */
export function deliveryOf(
  name: string,
  channel: ChannelConfig,
  carrier: Provider,
  config: Pick<Config, "unknown_zones" | "caps">,
): Delivery {
  return {
    channel: name,
    provider: carrier.name,
    carrier,
    concurrency: channel.concurrency,
    rate: channel.rate ?? null,
    deadlineMs: channel.deadline * 1000,
    attempts: channel.attempts,
    hours: channel.hours ?? null,
    caps: capsOf(name, channel, config),
    unknownZones: config.unknown_zones,
    leaseSeconds: channel.deadline + graceSeconds,
    random: Math.random,
  };
}

function callerOf({ folder, environment, calls }: Config): WebhookCaller {
  const secrets = () => readSecrets(folder, environment.WAYPOST_SECRET);
  const signing = environment.WAYPOST_CALLS_SECRET ?? callsSecret(secrets());
  const key = Buffer.from(signing.slice("whsec_".length), "base64");
  return createWebhookCaller({ allow: calls.allow, key, fill: withVariables });
}

/** The channel's own cap, and those of the file that concern it. */
function capsOf(name: string, { cap }: ChannelConfig, { caps }: Pick<Config, "caps">): CapRule[] {
  const own = cap === undefined ? [] : [{ ...cap, channel: name, topic: null }];
  const others = caps
    .filter(({ channel }) => channel === undefined || channel === name)
    .map(({ cap: { count, within }, channel = null, topic = null }) => ({
      count,
      within,
      channel,
      topic,
    }));
  return [...own, ...others];
}

/** Secrets come from the environment and never from a file that is committed. */
function optionsFromEnvironment(
  provider: string,
  { environment, folder }: Config,
): Record<string, unknown> {
  const given = (options: Record<string, string | undefined>) =>
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const of: Record<string, (env: Environment) => Record<string, unknown>> = {
    sendgrid: (env) =>
      given({
        apiKey: env.SENDGRID_API_KEY,
        webhookKey: env.SENDGRID_WEBHOOK_KEY,
        baseUrl: env.SENDGRID_BASE_URL,
      }),
    twilio: (env) =>
      given({
        accountSid: env.TWILIO_ACCOUNT_SID,
        authToken: env.TWILIO_AUTH_TOKEN,
        from: env.TWILIO_FROM,
        messagingServiceSid: env.TWILIO_MESSAGING_SERVICE_SID,
        baseUrl: env.TWILIO_BASE_URL,
      }),
    smtp: (env) => given({ url: env.SMTP_URL }),
    outbox: () => ({ folder: outboxFolder(folder) }),
  };
  return of[provider]?.(environment) ?? {};
}

function outboxFolder(folder: string): string {
  return join(folder, ".waypost", "outbox");
}

/** The same promise for every caller; the first one starts the work. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
