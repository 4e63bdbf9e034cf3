import type { Json } from "./storable.ts";

/** Objects of these names are read field by field: `{"customer": {"email": …}}` is the field `customer.email`. */
const nested = new Set(["customer", "consent", "address", "attributes"]);

/** A JSON object as fields with full names. A Map, so that no name from outside can be taken for a property of ours. */
export function flatten(object: Readonly<Record<string, Json>>): Map<string, Json> {
  const flat = new Map<string, Json>();
  const add = (name: string, value: Json): void => {
    const isRead = nested.has(name.split(".")[0] ?? "") && name.split(".").length < 4;
    if (value === null || typeof value !== "object" || Array.isArray(value) || !isRead) {
      flat.set(name, value);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (name === "attributes") flat.set(`attributes.${key}`, inner);
      else add(name === "address" ? key : `${name}.${key}`, inner);
    }
  };
  for (const [name, value] of Object.entries(object)) add(name, value);
  return flat;
}
