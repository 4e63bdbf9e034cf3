import type { Json } from "./storable.ts";

const longest = 160;

/** `sku: mug-blue, total: 12`, as much of what an event says as a line holds; null when it says nothing. */
export function briefly(properties: Json): string | null {
  if (typeof properties !== "object" || properties === null) return null;
  const parts = Object.entries(properties).map(([key, value]) => `${key}: ${inAWord(value)}`);
  const line = parts.join(", ");
  return line === ""
    ? null
    : line.length > longest
      ? `${line.slice(0, longest - 1).toWellFormed()}…`
      : line;
}

function inAWord(value: Json): string {
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (typeof value === "object" && value !== null) return "{…}";
  return String(value);
}
