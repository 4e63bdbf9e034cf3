import type { z } from "zod";
import type { Mistake } from "./errors.ts";
import { type YamlFile, checkYaml } from "./yaml-file.ts";

/** What of a file a schema can read, and every mistake: what it refuses is left out, as if nobody had written it. */
export function salvage<S extends z.ZodType>(
  yaml: YamlFile,
  schema: S,
): { readonly value: z.output<S>; readonly mistakes: readonly Mistake[] } {
  const { value, mistakes } = checkYaml(yaml, schema);
  if (value !== undefined) return { value, mistakes };
  let rest: unknown = structuredClone(yaml.value);
  for (;;) {
    const parsed = schema.safeParse(rest ?? {});
    if (parsed.success) return { value: parsed.data, mistakes };
    for (const issue of parsed.error.issues) rest = without(rest, issue);
  }
}

/** A value without what is wrong in it; where something is missing, without what it is missing from. */
function without(value: unknown, issue: z.core.$ZodIssue): unknown {
  if (issue.code === "unrecognized_keys")
    return issue.keys.reduce((rest, key) => cut(rest, [...issue.path, key]), value);
  return cut(value, issue.path);
}

function cut(value: unknown, path: readonly PropertyKey[]): unknown {
  const last = path.at(-1);
  if (last === undefined || typeof value !== "object" || value === null) return undefined;
  const parent = path.slice(0, -1).reduce(partOf, value);
  // It went with another mistake.
  if (parent === undefined) return value;
  // A list goes as a whole, so that nothing in it changes its place.
  const isPart = partOf(parent, last) !== undefined && !Array.isArray(parent);
  if (!isPart) return cut(value, path.slice(0, -1));
  Reflect.deleteProperty(parent as object, last);
  return value;
}

function partOf(value: unknown, key: PropertyKey): unknown {
  const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, key);
  return isThere ? (Reflect.get(value, key) as unknown) : undefined;
}
