import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { type Duration, readDuration } from "./duration.ts";
import { MistakesError, WaypostError } from "./errors.ts";
import { type Fault, readFaults } from "./fault.ts";
import { parseYaml } from "./yaml-file.ts";

const zone = z
  .string()
  .refine(isZone, { error: 'expected an IANA time zone such as "Europe/London"' });
const duration = z.string().transform((text, context): Duration => {
  const read = readDuration(text);
  if (read === undefined)
    context.addIssue({
      code: "custom",
      message: 'expected a duration such as "2 days"',
      input: text,
    });
  return read ?? { months: 0, days: 1, seconds: 0 };
});
const rate = z.string().transform((text, context): Rate => {
  const [, count, unit] = /^(\d{1,6}) ?(?:\/|per) ?(s|second|m|minute|h|hour)$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    context.addIssue({
      code: "custom",
      message: 'expected a rate such as "100/second"',
      input: text,
    });
  return {
    count: Number(count ?? 1),
    seconds: unit?.startsWith("h") ? 3600 : unit?.startsWith("m") ? 60 : 1,
  };
});
const cap = z.string().transform((text, context): Cap => {
  const [, count, window] = /^(\d{1,4}) (?:per|in) (.+)$/.exec(text) ?? [];
  const within = readDuration(/^\d/.test(window ?? "") ? (window ?? "") : `1 ${window ?? ""}`);
  if (within === undefined)
    context.addIssue({
      code: "custom",
      message: 'expected a cap such as "3 per 7 days"',
      input: text,
    });
  return { count: Number(count ?? 1), within: within ?? { months: 0, days: 1, seconds: 0 } };
});
const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: "expected a three-letter currency code such as GBP" });
const price = z.string().transform((text, context): Price => {
  const [, amount, currency, per] =
    /^(\d{1,6}(?:\.\d{1,6})?) ([A-Z]{3})(?: (?:per|a) (message|segment))?$/.exec(text) ?? [];
  if (amount === undefined)
    context.addIssue({
      code: "custom",
      message: 'expected a price such as "0.04 GBP" or "0.04 GBP per segment"',
      input: text,
    });
  return {
    amount: Number(amount ?? 0),
    currency: currency ?? "GBP",
    per: per === "segment" ? per : "message",
  };
});
const share = z.string().transform((text, context): number => {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,4})?) ?%$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 50)
    context.addIssue({
      code: "custom",
      message: 'expected a share of at most half, such as "5%"',
      input: text,
    });
  return Number(percent ?? 0) / 100;
});
const secrets = z
  .string()
  .transform((text): readonly string[] => text.split(",").map((secret) => secret.trim()))
  .refine((all) => all.every(({ length }) => length >= 32), {
    error: "expected 32 characters or more, or several such secrets with commas between them",
  });
const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of day such as "21:00"' });

export const channelSchema = z.strictObject({
  provider: z.string(),
  from: z.string().optional(),
  /** At most so many calls to the provider, over all workers. */
  rate: rate.optional(),
  /** Calls in flight at once in one worker, over all its lanes. */
  concurrency: z.int().min(1).max(500).default(64),
  /** Marketing goes out between these local times of the customer only. */
  hours: z
    .strictObject({ from: timeOfDay, until: timeOfDay })
    .refine(({ from, until }) => from < until, {
      error:
        'expected hours that end later on the same day, such as { from: "08:00", until: "21:00" }',
    })
    .optional(),
  /** Marketing messages a customer may get, over all journeys. */
  cap: cap.optional(),
  /** What the provider takes for a message, or for each segment of a text; for plans. */
  price: price.optional(),
  /** Attempts before a message that the provider keeps putting off is given up as failed. */
  attempts: z.int().min(1).max(50).default(8),
  /** Seconds for one whole call to the provider. */
  deadline: z.number().min(1).max(120).default(30),
  /** Options of the provider itself; `${NAME}` stands for an environment variable. */
  options: z.record(z.string(), z.unknown()).default({}),
});

/** `waypost.yaml`, the file beside the workflows. Every key has a default, so the file itself is optional. */
export const configFileSchema = z.strictObject({
  /** Where the world reaches `waypost web`: links in messages and webhooks begin with it. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  zone: zone.default("UTC"),
  /** Zones a customer whose zone is unknown may be in; the hours must suit all of them. */
  unknown_zones: z.array(zone).min(1).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, { error: "expected a two-letter country code such as GB" })
    .default("GB"),
  locale: z.string().default("en"),
  currency: currencyCode.default("GBP"),
  /** What one of another currency is worth in `currency`: what goals earned in it counts by that. */
  exchange_rates: z.record(currencyCode, z.number().positive().max(1_000_000)).default({}),
  shop: z
    .strictObject({
      name: z.string(),
      address: z.string(),
      url: z.url().optional(),
      support_email: z.string().optional(),
    })
    .default({
      name: "Our shop",
      address: "1 High Street, London",
      url: "https://shop.example",
      support_email: "help@shop.example",
    }),
  channels: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]*$/, { error: "expected a channel name in lower case" }),
      channelSchema,
    )
    .default({}),
  topics: z
    .record(z.string(), z.string())
    .default({ offers: "Offers and news", service: "About your orders" }),
  /** A message not sent this long after it was due expires; a journey can say otherwise. */
  max_lateness: duration.default({ months: 0, days: 1, seconds: 0 }),
  /** How often the members of segments are worked out anew. */
  refresh_segments: duration.default({ months: 0, days: 0, seconds: 300 }),
  /** Customers whom every marketing journey leaves alone, always the same ones: what all of marketing earns is measured against them. */
  holdout: share.default(0),
  /** Caps on marketing beside the channels' own: of a topic, of a channel, or of a topic on a channel. */
  caps: z
    .array(
      z
        .strictObject({ topic: z.string().optional(), channel: z.string().optional(), cap })
        .refine(({ topic, channel }) => topic !== undefined || channel !== undefined, {
          error:
            "expected a topic or a channel beside the cap, such as { topic: offers, cap: 3 per 7 days }",
        }),
    )
    .default([]),
  /** Pools of vouchers: which event says that a code was used, and when few are left. */
  pools: z
    .record(
      z.string(),
      z.strictObject({
        redeemed_by: z.string().default("voucher_redeemed"),
        property: z.string().default("code"),
        low: z.int().min(0).default(0),
      }),
    )
    .default({}),
  /** Calls to services of the company's own. */
  calls: z
    .strictObject({
      /** Hosts that may be called though their address is inside a network. */
      allow: z.array(z.string()).default([]),
    })
    .default({ allow: [] }),
});

export type ConfigFile = z.output<typeof configFileSchema>;
export type ChannelConfig = z.output<typeof channelSchema>;
export interface Rate {
  readonly count: number;
  readonly seconds: number;
}
export interface Cap {
  readonly count: number;
  readonly within: Duration;
}

export interface Price {
  readonly amount: number;
  readonly currency: string;
  readonly per: "message" | "segment";
}

export const environmentSchema = z.object({
  /** The customers' database; without it Waypost runs its own in `.waypost/`. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, {
      error: 'expected an address such as "postgres://user:password@host/database"',
    })
    .optional(),
  /** The queues' Redis; without it the queues are in the database. */
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, {
      error:
        'expected an address such as "redis://host:6379", or "redis://a:6379,b:6379" for a Redis Cluster',
    })
    .optional(),
  WAYPOST_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,40}$/, {
      error: 'expected lower-case letters, digits and underscores, such as "waypost"',
    })
    .default("waypost"),
  WAYPOST_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Signs the links in messages; of several the first signs and all verify. Without it one is made and kept in `.waypost/secret`. */
  WAYPOST_SECRET: secrets.optional(),
  /** Signs the calls that journeys make. Without it one is derived from the other secret. */
  WAYPOST_CALLS_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, {
      error: 'expected "whsec_" and 24 bytes or more in base64',
    })
    .optional(),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce
    .number({ error: "expected a number from 0 to 65535" })
    .int()
    .min(0)
    .max(65_535)
    .default(8080),
  /** Where `waypost worker` answers Prometheus; without it a worker listens nowhere. */
  METRICS_PORT: z.coerce
    .number({ error: "expected a number from 0 to 65535" })
    .int()
    .min(0)
    .max(65_535)
    .optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  /** Where traces of jobs go; its other variables are OpenTelemetry's own. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  SENDGRID_API_KEY: z.string().min(1).optional(),
  SENDGRID_WEBHOOK_KEY: z.string().min(1).optional(),
  SENDGRID_BASE_URL: z.url().optional(),
  TWILIO_ACCOUNT_SID: z.string().min(1).optional(),
  TWILIO_AUTH_TOKEN: z.string().min(1).optional(),
  TWILIO_FROM: z.string().min(1).optional(),
  TWILIO_MESSAGING_SERVICE_SID: z.string().min(1).optional(),
  TWILIO_BASE_URL: z.url().optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, {
      error: 'expected an address such as "smtps://user:password@host:465"',
    })
    .optional(),
  /** For tests only: where the process shall break, such as "after-claim:kill" (fault.ts). */
  WAYPOST_FAULTS: z
    .string()
    .transform((text, context): readonly Fault[] => {
      const read = readFaults(text);
      if (typeof read !== "string") return read;
      context.addIssue({ code: "custom", message: read, input: text });
      return [];
    })
    .optional(),
});

export interface Config extends Omit<ConfigFile, "url" | "unknown_zones"> {
  /** The project: where waypost.yaml, workflows/, templates/ and .waypost/ are. */
  readonly folder: string;
  readonly url: string;
  readonly unknown_zones: readonly string[];
  readonly environment: Environment;
}
export type Environment = z.output<typeof environmentSchema>;

/** Reads the environment and `waypost.yaml` of a project folder, once. Throws with every mistake and its place. */
export function readConfig(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const env = readEnvironment(environment);
  const path = join(folder, "waypost.yaml");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const { value, mistakes } = parseYaml(text, "waypost.yaml", configFileSchema);
  if (value === undefined) throw new MistakesError(mistakes);
  return {
    ...value,
    folder: resolve(folder),
    url: (env.WAYPOST_URL ?? value.url ?? `http://${env.HOST}:${env.PORT}`).replace(/\/+$/, ""),
    unknown_zones: value.unknown_zones ?? [value.zone],
    channels: withDefaultChannels(withSecrets(value.channels, environment), env),
    environment: env,
  };
}

function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(set);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `environment variable ${issue.path.join(".")}: ${issue.message}`,
  );
  throw new WaypostError("WAYPOST_CONFIG", faults.join("\n"));
}

/** When texts may arrive, where the file names no other hours (47 CFR 64.1200(c)(1)). */
const decentHours = { from: "08:00", until: "21:00" };

/** E-mail and SMS always exist: with a provider's keys by that provider, else by the outbox. */
function withDefaultChannels(
  channels: Readonly<Record<string, ChannelConfig>>,
  env: Environment,
): Record<string, ChannelConfig> {
  const email =
    env.SENDGRID_API_KEY !== undefined
      ? "sendgrid"
      : env.SMTP_URL !== undefined
        ? "smtp"
        : "outbox";
  const sms = env.TWILIO_ACCOUNT_SID !== undefined ? "twilio" : "outbox";
  const defaults = {
    email: channelSchema.parse({ provider: email }),
    sms: channelSchema.parse({ provider: sms }),
  };
  const all = { ...defaults, ...channels };
  return { ...all, sms: { hours: decentHours, ...all.sms } };
}

/** An option written as `${NAME}` is the environment variable of that name: secrets never stand in a file. */
function withSecrets(
  channels: Readonly<Record<string, ChannelConfig>>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, ChannelConfig> {
  const read = (value: unknown, path: string): unknown => {
    const name = typeof value === "string" ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined;
    if (name === undefined) return value;
    const secret = environment[name];
    if (secret !== undefined && secret !== "") return secret;
    throw new WaypostError(
      "WAYPOST_CONFIG",
      `waypost.yaml ${path}: expected the environment variable ${name}, which is not set`,
    );
  };
  return Object.fromEntries(
    Object.entries(channels).map(([channel, config]) => {
      const options = Object.entries(config.options).map(([key, value]) => [
        key,
        read(value, `channels.${channel}.options.${key}`),
      ]);
      return [
        channel,
        { ...config, options: Object.fromEntries(options) as Record<string, unknown> },
      ];
    }),
  );
}

/**
 * Puts environment variables into a text that names them as `${NAME}`, so that no file holds a secret. Waypost's own stay
 * at home: a workflow file must not be able to send them away.
 */
export function withVariables(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = environment[name];
    if (Object.hasOwn(environmentSchema.shape, name))
      throw new WaypostError(
        "WAYPOST_CONFIG",
        `\${${name}}: expected a variable of the service that is called, found one of Waypost's own; set another`,
      );
    if (value !== undefined && value !== "") return value;
    throw new WaypostError(
      "WAYPOST_CONFIG",
      `expected the environment variable ${name}, which is not set`,
    );
  });
}

function isZone(name: string): boolean {
  // Node would take an offset ("+05:30"), which Postgres reads the other way round.
  if (!/^[a-z]/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
