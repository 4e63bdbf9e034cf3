import { z } from "zod";
import { nearMiss, reasonOf, WaypostError } from "../errors.ts";
import type { Provider } from "./channel.ts";
import { contained } from "./contained.ts";
import { locatePlugin } from "./plugin-location.ts";
import type { ProviderPlugin } from "./provider-plugin.ts";

/** Each built-in provider is a file like anybody's plugin, imported when a channel names it. */
const builtIn: Readonly<Record<string, () => Promise<unknown>>> = {
  outbox: () => import("./outbox.ts"),
  sendgrid: () => import("./sendgrid.ts"),
  smtp: () => import("./smtp.ts"),
  twilio: () => import("./twilio.ts"),
};

export const builtInProviders: readonly string[] = Object.keys(builtIn);

/**
 * The provider a channel names: a built-in one, a file relative to `baseFolder` (`./plugins/letters.ts`), or a package installed
 * there. It comes contained: whatever its code does, the engine gets an outcome. Throws WaypostError (WAYPOST_CHANNEL).
 */
export async function loadProvider(
  nameOrPath: string,
  options: unknown,
  baseFolder: string,
  channel?: string,
): Promise<Provider> {
  const plugin = await loadPlugin(nameOrPath, baseFolder);
  if (channel !== undefined && plugin.channels !== "any" && !plugin.channels.includes(channel)) {
    throw problem(
      nameOrPath,
      `expected a provider for the channel ${channel}, but it carries ${plugin.channels.join(", ")} only`,
    );
  }
  const checked = checkOptions(plugin, nameOrPath, options);
  let provider: unknown;
  try {
    provider = await plugin.create(checked);
  } catch (cause) {
    if (cause instanceof WaypostError) throw cause;
    throw problem(nameOrPath, `could not be set up: ${reasonOf(cause)}`, cause);
  }
  if (!isProvider(provider))
    throw problem(
      nameOrPath,
      "expected create() to return a provider: an object with name, send() and close()",
    );
  return contained(provider);
}

/** The plugin itself, for what lists channels or checks a config without sending. */
export async function loadPlugin(nameOrPath: string, baseFolder: string): Promise<ProviderPlugin> {
  const load = Object.hasOwn(builtIn, nameOrPath)
    ? builtIn[nameOrPath]
    : importerOf(nameOrPath, baseFolder);
  if (load === undefined)
    throw problem(
      nameOrPath,
      `expected one of ${builtInProviders.join(", ")}, a package or a file such as ./plugins/letters.ts${hintFor(nameOrPath)}`,
    );
  let module: unknown;
  try {
    module = await load();
  } catch (cause) {
    throw problem(nameOrPath, `could not be imported: ${reasonOf(cause)}`, cause);
  }
  const parsed = z.object({ default: pluginSchema }).safeParse(module);
  if (parsed.success) return parsed.data.default;
  throw problem(
    nameOrPath,
    `expected a default export { name, channels, options?, create }; ${parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`).join("; ")}`,
  );
}

function importerOf(nameOrPath: string, baseFolder: string): (() => Promise<unknown>) | undefined {
  const location = locatePlugin(nameOrPath, baseFolder);
  if (location.kind === "missing") throw problem(nameOrPath, `there is no file ${location.path}`);
  return location.kind === "found" ? () => import(location.url) : undefined;
}

const pluginSchema = z.custom<ProviderPlugin>().superRefine((plugin: unknown, context) => {
  const shape = z.object({
    name: z.string().min(1),
    channels: z.union([z.literal("any"), z.array(z.string()).min(1)], {
      error: 'expected "any" or a list of channels',
    }),
    options: z
      .custom(
        (schema) =>
          schema === undefined ||
          (typeof schema === "object" && schema !== null && "safeParse" in schema),
        "expected a zod schema",
      )
      .optional(),
    create: z.custom((create) => typeof create === "function", "expected a function"),
  });
  for (const issue of shape.safeParse(plugin).error?.issues ?? [])
    context.addIssue({ code: "custom", path: issue.path, message: issue.message });
});

function checkOptions(plugin: ProviderPlugin, nameOrPath: string, options: unknown): unknown {
  if (plugin.options === undefined) return options;
  const parsed = plugin.options.safeParse(options ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `options.${issue.path.join(".") || "*"}: ${issue.message}`,
  );
  throw problem(nameOrPath, faults.join("; "));
}

function isProvider(value: unknown): value is Provider {
  if (typeof value !== "object" || value === null) return false;
  const { name, send, close, lookUp, check, readReports } = value as Record<string, unknown>;
  const isOptional = (method: unknown): boolean =>
    method === undefined || typeof method === "function";
  return (
    typeof name === "string" &&
    typeof send === "function" &&
    typeof close === "function" &&
    isOptional(lookUp) &&
    isOptional(check) &&
    isOptional(readReports)
  );
}

function hintFor(nameOrPath: string): string {
  const near = nearMiss(nameOrPath, builtInProviders);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

function problem(nameOrPath: string, what: string, cause?: unknown): WaypostError {
  return new WaypostError("WAYPOST_CHANNEL", `provider ${JSON.stringify(nameOrPath)}: ${what}`, {
    cause,
  });
}
