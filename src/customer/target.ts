import { type Field, type FieldType, type ImportKind, bagsOf, fieldsOf } from "./field.ts";

/** Where a value goes: a column of the staging table, a key of one of its jsonb columns, or a consent. */
export type Target =
  | { readonly kind: "column"; readonly column: string; readonly type: FieldType }
  | { readonly kind: "bag"; readonly column: string; readonly key: string | null }
  | { readonly kind: "consent"; readonly channel: string; readonly topic: string };

/** The target of a field's full name as a mapping writes it. */
export function targetOf(kind: ImportKind, name: string): Target | undefined {
  const field = fieldsOf[kind].find((known) => known.name === name);
  if (field !== undefined) return columnTarget(field);
  return bagTarget(kind, name) ?? (kind === "customers" ? consentTarget(name) : undefined);
}

export function columnTarget(field: Field): Target {
  return { kind: "column", column: field.column, type: field.type };
}

/** `attributes.size`; the bag's own name alone takes a JSON object. The longest name wins: `line.attributes` before `attributes`. */
export function bagTarget(kind: ImportKind, name: string): Target | undefined {
  const bags = Object.entries(bagsOf[kind]).toSorted(([a], [b]) => b.length - a.length);
  for (const [bag, column] of bags) {
    if (name === bag) return { kind: "bag", column, key: null };
    if (name.startsWith(`${bag}.`)) return { kind: "bag", column, key: name.slice(bag.length + 1) };
  }
  return undefined;
}

/** `consent.email.offers`, `consent_sms`: a channel, and a topic or all of them. */
export function consentTarget(name: string): Target | undefined {
  const [, channel, topic] =
    /^consent[._ ]([a-z][a-z0-9]*)(?:[._ ]([a-z0-9_-]+|\*))?$/i.exec(name.trim()) ?? [];
  if (channel === undefined || /^(at|source|text|date)$/i.test(channel)) return undefined;
  return { kind: "consent", channel: channel.toLowerCase(), topic: (topic ?? "*").toLowerCase() };
}
