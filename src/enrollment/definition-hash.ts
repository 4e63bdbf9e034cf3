import { createHash } from "node:crypto";

/** SHA-256 of a definition as JSON, whatever the order of its keys. */
export function definitionHash(definition: unknown): string {
  const sorted = (_key: string, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash("sha256").update(JSON.stringify(definition, sorted)).digest("hex");
}
