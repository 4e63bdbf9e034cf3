import { existsSync, readFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";

export type PluginLocation =
  | { readonly kind: "found"; readonly url: string }
  /** A path, and nothing there. */
  | { readonly kind: "missing"; readonly path: string }
  /** A name, and no such package. */
  | { readonly kind: "unknown" };

/** Where to import a plugin from: a path when it begins with a dot or a slash, else a package seen from `baseFolder`. */
export function locatePlugin(nameOrPath: string, baseFolder: string): PluginLocation {
  if (/^(\.{0,2}\/|[a-zA-Z]:[\\/])/.test(nameOrPath)) {
    const path = resolve(baseFolder, nameOrPath);
    return existsSync(path)
      ? { kind: "found", url: pathToFileURL(path).href }
      : { kind: "missing", path };
  }
  const url = findPackage(nameOrPath, join(resolve(baseFolder), "waypost.yaml"));
  return url === undefined ? { kind: "unknown" } : { kind: "found", url };
}

function findPackage(name: string, from: string): string | undefined {
  try {
    const path = createRequire(from).resolve(name);
    return isAbsolute(path) ? pathToFileURL(path).href : undefined;
  } catch {
    return importOnly(name, from);
  }
}

const manifest = z.object({
  exports: z.union([z.string(), z.looseObject({})]).optional(),
  main: z.string().optional(),
});

/** A package that has an `import` condition and no other, which `require.resolve` does not see. */
function importOnly(name: string, from: string): string | undefined {
  try {
    const path = findPackageJSON(name, pathToFileURL(from));
    if (path === undefined) return undefined;
    const { exports, main } = manifest.parse(JSON.parse(readFileSync(path, "utf8")));
    const entry = entryOf(exports) ?? main;
    return entry === undefined ? undefined : pathToFileURL(resolve(path, "..", entry)).href;
  } catch {
    return undefined;
  }
}

function entryOf(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return undefined;
  const conditions = exports as Record<string, unknown>;
  return entryOf(conditions["."] ?? conditions["import"] ?? conditions["default"]);
}
