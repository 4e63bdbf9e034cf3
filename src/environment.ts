import { z } from "zod";
import { WaypostError } from "./errors.ts";
import { type Fault, readFaults } from "./fault.ts";

const secrets = z
  .string()
  .transform((text): readonly string[] => text.split(",").map((secret) => secret.trim()))
  .refine((all) => all.every(({ length }) => length >= 32), {
    error: "expected 32 characters or more, or several such secrets with commas between them",
  });

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
  /** Where `waypost worker` and `waypost web` answer Prometheus; without it a worker listens nowhere, and `web` answers at PORT. */
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

/** How texts name a variable: `${NAME}`. */
export const variable = /\$\{(\w+)\}/g;

export type Environment = z.output<typeof environmentSchema>;

/** Throws with every variable that is not as it must be. A variable that is empty counts as none. */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Environment {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(set);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `environment variable ${issue.path.join(".")}: ${issue.message}`,
  );
  throw new WaypostError("WAYPOST_CONFIG", faults.join("\n"));
}
