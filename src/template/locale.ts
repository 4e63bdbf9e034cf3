import type { Variables } from "./template.ts";

/** Remembers what was asked; forgets all when hostile data would make it grow. */
function remembered<T>(find: (key: string) => T): (key: string) => T {
  const answers = new Map<string, T>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined || answers.has(key)) return known as T;
    if (answers.size > 1000) answers.clear();
    const answer = find(key);
    answers.set(key, answer);
    return answer;
  };
}

/** Locales of files to look for, in this order: `de-at`, `de`, the file without a locale, then the shop's own. */
export function fileLocales(customer: string | null, shop: string): readonly string[] {
  return candidates(`${customer ?? ""}|${shop}`);
}

const candidates = remembered((key): readonly string[] => {
  const [customer = "", shop = ""] = key.split("|");
  return [...broader(customer), "", ...broader(shop)];
});

function broader(locale: string): string[] {
  const parts = locale.toLowerCase().replaceAll("_", "-").split("-").filter(Boolean);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("-"));
}

/**
 * How dates and amounts are written: as the customer is used to, in the language of the text around them. An English
 * text for a customer in Paris writes English dates; one for a customer in London writes British ones.
 */
export function formatLocale(customer: string | null, file: string): string {
  return writing(`${customer ?? ""}|${file}`);
}

const writing = remembered((key) => {
  const [customer = "", file = "en"] = key.split("|");
  const text = canonical(file) ?? "en";
  const own = canonical(customer);
  return own !== undefined && languageOf(own) === languageOf(text) ? own : text;
});

export function languageOf(locale: string): string {
  return locale.split(/[-_]/)[0] ?? locale;
}

function canonical(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

/** The customer's zone when it is one, else the shop's. */
export function zoneOf(variables: Variables, shop: string): string {
  const customer: unknown = Object.hasOwn(variables, "customer")
    ? variables["customer"]
    : undefined;
  const zone: unknown =
    typeof customer === "object" && customer !== null && Object.hasOwn(customer, "zone")
      ? Reflect.get(customer, "zone")
      : undefined;
  return typeof zone === "string" && zone !== shop && isZone(zone) ? zone : shop;
}

const isZone = remembered((zone) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
});
