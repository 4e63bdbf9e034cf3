import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  cap,
  currencyCode,
  daysOrMore,
  duration,
  price,
  rate,
  share,
  timeOfDay,
  zone,
} from "./config-values.ts";
import { type Environment, environmentSchema, readEnvironment, variable } from "./environment.ts";
import { MistakesError, WaypostError } from "./errors.ts";
import { parseYaml } from "./yaml-file.ts";

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
  /** How long what is there for technical reasons alone is kept. */
  keep: z
    .strictObject({
      /** The ids that callers give to events, so that the same event twice is one; for good where it is not said. */
      event_keys: daysOrMore.optional(),
      /** Requests of providers that were applied. */
      reports: daysOrMore.default({ months: 0, days: 30, seconds: 0 }),
    })
    .prefault({}),
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

export interface Config extends Omit<ConfigFile, "url" | "unknown_zones"> {
  /** The project: where waypost.yaml, workflows/, templates/ and .waypost/ are. */
  readonly folder: string;
  readonly url: string;
  readonly unknown_zones: readonly string[];
  readonly environment: Environment;
}

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
  return text.replaceAll(variable, (_, name: string) => {
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
