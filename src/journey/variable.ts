import { accountFields, customerFields } from "./field.ts";

const free = "attributes";

/**
 * What a template can say of a customer and the occasion, by the first word. Null is open below: what an event carried, what a
 * service answered. Of a customer and an account it is what conditions can ask, and the ids.
 */
export const variables = {
  customer: ["id", ...Object.keys(customerFields), free],
  account: ["id", ...Object.keys(accountFields), free],
  entry: null,
  event: null,
  voucher: ["code", "expires_at"],
  call: null,
  journey: ["name"],
  step: ["id"],
  shop: null,
  unsubscribe_url: [],
  preferences_url: [],
  now: [],
} as const satisfies Readonly<Record<string, readonly string[] | null>>;

export type VariableRoot = keyof typeof variables;

export function isRoot(word: string): word is VariableRoot {
  return Object.hasOwn(variables, word);
}
