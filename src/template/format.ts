import { problemIn, shown, textOf, type RenderState } from "./render-state.ts";

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

export function formatMoney(amount: unknown, currency: unknown, state: RenderState): string {
  if (isBlank(amount)) return "";
  const code = isBlank(currency) ? state.currency : String(currency).toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) {
    throw problemIn(state, `money: expected a currency such as "EUR", found ${shown(currency)}`);
  }
  return moneyFormat(state.locale, code)(numberOf("money", amount, state));
}

export function formatNumber(amount: unknown, digits: unknown, state: RenderState): string {
  if (isBlank(amount)) return "";
  const places = isBlank(digits) ? "" : String(Math.min(20, Math.max(0, Number(digits) || 0)));
  return numberFormat(state.locale, places).format(numberOf("number", amount, state));
}

/** The form that goes with a count; a `#` in it becomes the count: `plural(3, "# item", "# items")` is `3 items`. */
export function formatPlural(
  count: unknown,
  one: unknown,
  other: unknown,
  state: RenderState,
): string {
  const amount = isBlank(count) ? 0 : numberOf("plural", count, state);
  const form = pluralRules(state.locale).select(amount) === "one" ? one : other;
  return String(form).replaceAll("#", () => numberFormat(state.locale).format(amount));
}

export interface ListStyle {
  /** The field to name when the entries are objects. */
  readonly field: unknown;
  readonly limit: unknown;
  readonly or: unknown;
}

export function formatList(entries: unknown, style: ListStyle, state: RenderState): string {
  if (isBlank(entries)) return "";
  if (!Array.isArray(entries))
    throw problemIn(state, `list: expected a list, found ${shown(entries)}`);
  const limit = typeof style.limit === "number" ? style.limit : entries.length;
  const words = entries.slice(0, limit).map((entry: unknown) => wordOf(entry, style.field, state));
  return listFormat(state.locale, style.or === true ? "or" : "and").format(
    words.filter((word) => word !== ""),
  );
}

function wordOf(entry: unknown, field: unknown, state: RenderState): string {
  if (entry === null || typeof entry !== "object") return textOf(entry);
  const word: unknown =
    typeof field === "string" && Object.hasOwn(entry, field)
      ? Reflect.get(entry, field)
      : undefined;
  if (word === undefined || (word !== null && typeof word === "object")) {
    throw problemIn(
      state,
      `list: expected the field to name, as in {{list event.items "name"}}, in ${shown(entry)}`,
    );
  }
  return textOf(word);
}

/** Amounts may come as text, as Postgres gives its numerics. */
function numberOf(helper: string, value: unknown, state: RenderState): number {
  const amount =
    typeof value === "number" ? value : typeof value === "string" ? Number(value) : Number.NaN;
  if (Number.isFinite(amount)) return amount;
  throw problemIn(state, `${helper}: expected a number, found ${shown(value)}`);
}

export function isBlank(value: unknown): boolean {
  return (
    value === null || value === undefined || (typeof value === "string" && value.trim() === "")
  );
}
