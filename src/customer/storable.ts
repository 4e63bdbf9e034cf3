/** Anything JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A value as a text: itself, or as JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);
const deepest = 20;
const longestText = 100_000;

/** Why Postgres could not store a text, or undefined when it can. */
export function faultOfText(text: string): string | undefined {
  if (text.length > longestText)
    return `expected at most ${longestText} characters, got ${text.length}`;
  if (text.includes("\0")) return "holds a NUL character, which no database text can";
  if (!text.isWellFormed()) return "holds half of a surrogate pair, which is no character";
  return undefined;
}

/** Why a JSON value from outside is not kept, or undefined when it can be. */
export function faultOfJson(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return faultOfText(value);
  if (value === null || typeof value !== "object") return undefined;
  if (depth >= deepest) return `is nested more than ${deepest} deep`;
  if (Array.isArray(value)) return firstFault(value, (item) => faultOfJson(item, depth + 1));
  return firstFault(
    Object.entries(value),
    ([key, inner]) => faultOfKey(key) ?? faultOfJson(inner, depth + 1),
  );
}

export function faultOfKey(key: string): string | undefined {
  if (forbiddenKeys.has(key)) return `the name "${key}" is not allowed`;
  if (key.length > 200) return "holds a name of more than 200 characters";
  return faultOfText(key);
}

function firstFault<T>(
  items: readonly T[],
  faultOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
