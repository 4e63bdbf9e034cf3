import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type ChannelConfig,
  type ConfigFile,
  channelSchema,
  configFileSchema,
} from "./config-file.ts";
import { type Environment, environmentSchema, readEnvironment, variable } from "./environment.ts";
import { type Mistake, MistakesError, WaypostError, nearMiss } from "./errors.ts";
import { salvage } from "./salvage.ts";
import { type YamlFile, readYaml } from "./yaml-file.ts";

export interface Config extends Omit<ConfigFile, "url" | "unknown_zones"> {
  /** The project: where waypost.yaml, workflows/, templates/ and .waypost/ are. */
  readonly folder: string;
  readonly url: string;
  readonly unknown_zones: readonly string[];
  readonly environment: Environment;
}

/** A configuration as far as it can be read, for `check` alone. */
export interface ConfigRead {
  readonly config: Config;
  /** Those of waypost.yaml. */
  readonly mistakes: readonly Mistake[];
  /** Where the file may name more than can be told. */
  readonly hidden: ReadonlySet<"channels" | "topics">;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the environment and `waypost.yaml` of a project folder, once. Throws with every mistake and its place. */
export function readConfig(folder: string, environment: Variables = process.env): Config {
  const { config, mistakes } = read(folder, environment, expectVariable);
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return config;
}

/** The same, with what is right in `waypost.yaml` beside its mistakes. Secrets are not needed to look at a project. */
export function salvageConfig(folder: string, environment: Variables = process.env): ConfigRead {
  return read(folder, environment, () => undefined);
}

type WhenMissing = (path: string, name: string) => undefined;

function read(folder: string, environment: Variables, whenMissing: WhenMissing): ConfigRead {
  const env = readEnvironment(environment);
  const path = join(folder, "waypost.yaml");
  const yaml = readYaml(existsSync(path) ? readFileSync(path, "utf8") : "", "waypost.yaml");
  const { value, mistakes } = salvage(yaml, configFileSchema);
  const names = namedIn(yaml.value, value);
  // What has mistakes is not used, and needs no secrets.
  const whenAbsent = mistakes.length > 0 ? () => undefined : whenMissing;
  const config = {
    ...value,
    ...names,
    folder: resolve(folder),
    url: (env.WAYPOST_URL ?? value.url ?? `http://${env.HOST}:${env.PORT}`).replace(/\/+$/, ""),
    unknown_zones: value.unknown_zones ?? [value.zone],
    channels: withDefaultChannels(withSecrets(names.channels, environment, whenAbsent), env),
    environment: env,
  };
  const isHidden = (key: "channels" | "topics") =>
    yaml.mistakes.length > 0 || !isMapping(keyOf(yaml.value, key) ?? {});
  const hidden = new Set((["channels", "topics"] as const).filter(isHidden));
  const all = [...mistakes, ...unknownCaps(config, yaml, hidden)];
  return { config, mistakes: all.toSorted((a, b) => a.line - b.line), hidden };
}

/** Channels and topics that a mistake hides are there all the same: nobody is blamed for naming them. */
function namedIn(
  file: unknown,
  { channels, topics }: ConfigFile,
): Pick<ConfigFile, "channels" | "topics"> {
  const named = <T>(key: string, value: (name: string) => T) => {
    const found = keyOf(file, key);
    const names = isMapping(found) ? Object.keys(found) : [];
    return Object.fromEntries(names.map((name) => [name, value(name)]));
  };
  const hidden = channelSchema.parse({ provider: "outbox" });
  return {
    channels: { ...named("channels", () => hidden), ...channels },
    topics: { ...named("topics", (name) => name), ...topics },
  };
}

function keyOf(file: unknown, key: string): unknown {
  return isMapping(file) ? file[key] : undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A cap of what nobody knows would be none. */
function unknownCaps(
  { caps, channels, topics }: Pick<Config, "caps" | "channels" | "topics">,
  yaml: YamlFile,
  hidden: ConfigRead["hidden"],
): readonly Mistake[] {
  const known = { channel: Object.keys(channels), topic: Object.keys(topics) };
  return caps.flatMap((cap, index) =>
    (["topic", "channel"] as const).flatMap((kind) => {
      const name = cap[kind];
      if (name === undefined || known[kind].includes(name) || hidden.has(`${kind}s`)) return [];
      const meant = nearMiss(name, known[kind]);
      const hint =
        meant === undefined
          ? `expected one of ${known[kind].join(", ")}`
          : `did you mean "${meant}"?`;
      return [yaml.mistakeAt(["caps", index, kind], `unknown ${kind} "${name}"; ${hint}`)];
    }),
  );
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
  environment: Variables,
  whenMissing: WhenMissing,
): Record<string, ChannelConfig> {
  const read = (value: unknown, path: string): unknown => {
    const name = typeof value === "string" ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined;
    if (name === undefined) return value;
    const secret = environment[name];
    return secret === undefined || secret === "" ? whenMissing(path, name) : secret;
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

function expectVariable(path: string, name: string): never {
  throw new WaypostError(
    "WAYPOST_CONFIG",
    `waypost.yaml ${path}: expected the environment variable ${name}, which is not set`,
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
