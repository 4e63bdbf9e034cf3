import { isBlank, kindOf, refusal, textOf, type HelperCall } from "./render-state.ts";

/** Making an Intl formatter costs fifty times what using it does, so each is kept by locale and style. */
function kept<T>(make: (locale: string, ...style: string[]) => T): typeof make {
  const formatters = new Map<string, T>();
  return (locale, ...style) => {
    const key = style.length === 0 ? locale : `${locale}|${style.join("|")}`;
    let formatter = formatters.get(key);
    if (formatter === undefined) formatters.set(key, (formatter = make(locale, ...style)));
    return formatter;
  };
}

const moneyFormat = kept((locale, currency = "") => {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  // Prices repeat: between the HTML and its text, and from customer to customer.
  const written = new Map<number, string>();
  return (amount: number): string => {
    const known = written.get(amount);
    if (known !== undefined) return known;
    if (written.size > 5000) written.clear();
    const text = format.format(amount);
    written.set(amount, text);
    return text;
  };
});
const numberFormat = kept((locale, digits = "") =>
  digits === ""
    ? new Intl.NumberFormat(locale)
    : new Intl.NumberFormat(locale, {
        minimumFractionDigits: Number(digits),
        maximumFractionDigits: Number(digits),
      }),
);
const pluralRules = kept((locale) => new Intl.PluralRules(locale));
const listFormat = kept(
  (locale, type = "") =>
    new Intl.ListFormat(locale, { type: type === "or" ? "disjunction" : "conjunction" }),
);

export function formatMoney(amount: unknown, currency: unknown, call: HelperCall): string {
  if (isBlank(amount)) return "";
  const { state } = call.data;
  const code = isBlank(currency) ? state.currency : String(currency).toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) {
    throw refusal(call, `expected a currency such as "EUR", found ${kindOf(currency)}`);
  }
  return moneyFormat(state.locale, code)(numberOf(amount, call));
}

export function formatNumber(amount: unknown, digits: unknown, call: HelperCall): string {
  if (isBlank(amount)) return "";
  const places = isBlank(digits) ? "" : String(Math.min(20, Math.max(0, Number(digits) || 0)));
  return numberFormat(call.data.state.locale, places).format(numberOf(amount, call));
}

/** The form that goes with a count; a `#` in it becomes the count: `plural(3, "# item", "# items")` is `3 items`. */
export function formatPlural(
  count: unknown,
  one: unknown,
  other: unknown,
  call: HelperCall,
): string {
  const amount = isBlank(count) ? 0 : numberOf(count, call);
  const form = pluralRules(call.data.state.locale).select(amount) === "one" ? one : other;
  return String(form).replaceAll("#", () => numberFormat(call.data.state.locale).format(amount));
}

export interface ListStyle {
  /** The field to name when the entries are objects. */
  readonly field: unknown;
  readonly limit: unknown;
  readonly or: unknown;
}

export function formatList(entries: unknown, style: ListStyle, call: HelperCall): string {
  if (isBlank(entries)) return "";
  if (!Array.isArray(entries)) throw refusal(call, `expected a list, found ${kindOf(entries)}`);
  const limit = typeof style.limit === "number" ? style.limit : entries.length;
  const words = entries.slice(0, limit).map((entry: unknown) => wordOf(entry, style.field, call));
  return listFormat(call.data.state.locale, style.or === true ? "or" : "and").format(
    words.filter((word) => word !== ""),
  );
}

function wordOf(entry: unknown, field: unknown, call: HelperCall): string {
  if (entry === null || typeof entry !== "object") return textOf(entry);
  const word: unknown =
    typeof field === "string" && Object.hasOwn(entry, field)
      ? Reflect.get(entry, field)
      : undefined;
  if (word === undefined || (word !== null && typeof word === "object")) {
    throw refusal(
      call,
      'expected the name of a field that is text in every entry, as in {{list event.items "name"}}',
    );
  }
  return textOf(word);
}

/** Amounts may come as text, as Postgres gives its numerics. */
function numberOf(value: unknown, call: HelperCall): number {
  const amount =
    typeof value === "number" ? value : typeof value === "string" ? Number(value) : Number.NaN;
  if (Number.isFinite(amount)) return amount;
  throw refusal(call, `expected a number, found ${kindOf(value)}`);
}
