import Handlebars from "handlebars";
import { formatList, formatMoney, formatNumber, formatPlural } from "./format.ts";
import { formatDate } from "./format-date.ts";
import { trackedUrl } from "./link.ts";
import {
  isBlank,
  kindOf,
  placeOf,
  problemIn,
  refusal,
  textOf,
  type HelperCall,
  type HelperScope,
  type RenderState,
} from "./render-state.ts";

/** HTML escapes what it shows; text (subjects, SMS, text parts) shows it as it is. */
export type Markup = "html" | "text";

type Helper = (this: unknown, ...given: never[]) => unknown;
const escapeHtml = Handlebars.escapeExpression;

/** Everything a template can call, and what the compiler puts into templates (names that end in `_`). */
export function helpersFor(markup: Markup): Readonly<Record<string, Helper>> {
  return { ...values(markup), ...links(markup), ...formats(markup), ...tests, ...blocks };
}

function values(markup: Markup): Record<string, Helper> {
  const given = (value: unknown, need: number, call: HelperCall): unknown => {
    if (value === undefined) throw missing(call.data.state, need);
    return value;
  };
  const text = (value: unknown, need: number, call: HelperCall): unknown => {
    if (typeof value === "string") return value;
    if (value === undefined) throw missing(call.data.state, need);
    if (value !== null && typeof value === "object") throw notText(call.data.state, need, value);
    return typeof value === "number" && markup === "text" ? String(value) : value;
  };
  return { given_: given, value_: text };
}

function missing(state: RenderState, need: number): Error {
  const { path, file } = placeOf(state, need);
  const advice = `{{default ${path} "…"}} or {{#if ${path}}} if it may be absent`;
  return problemIn({ file }, `${path} is missing: write ${advice}`);
}

function notText(state: RenderState, need: number, value: unknown): Error {
  const { path, file } = placeOf(state, need);
  const expected = `${path}: expected text or a number, found ${kindOf(value)}`;
  return problemIn({ file }, `${expected}; name one of its fields`);
}

/** An address within quotes; unlike other text it keeps its `=`, which mail scanners look for. */
function escapeAddress(url: string): string {
  return escapeHtml(url).replaceAll("&#x3D;", "=");
}

/** The value before the call itself, if one was given. */
function optional(given: readonly unknown[]): unknown {
  return given.length === 2 ? given[0] : undefined;
}

function callOf(given: readonly unknown[]): HelperCall {
  return given.at(-1) as HelperCall;
}

function links(markup: Markup): Record<string, Helper> {
  const written = markup === "html" ? escapeAddress : (url: string): string => url;
  return {
    link_(this: unknown, call: HelperCall) {
      return written(trackedUrl(call.fn(this), call, true));
    },
    untracked_(this: unknown, call: HelperCall) {
      return written(trackedUrl(call.fn(this), call, false));
    },
    url_: (url: unknown) => url,
    link(url: unknown, ...given: readonly unknown[]) {
      const call = callOf(given);
      const label = optional(given);
      const target = trackedUrl(textOf(url), call, true);
      const words = isBlank(label) ? "" : textOf(label);
      if (markup === "html") {
        return new Handlebars.SafeString(
          `<a href="${escapeAddress(target)}">${escapeHtml(words || textOf(url))}</a>`,
        );
      }
      if (words === "") return target;
      return call.data.state.isEmail ? `${words} <${target}>` : `${words}: ${target}`;
    },
  };
}

function formats(markup: Markup): Record<string, Helper> {
  // No-break spaces are outside the SMS alphabet: one of them would double the price of the message.
  const plain = (text: string): string =>
    markup === "html" ? text : text.replace(/[\u00A0\u202F]/g, " ");
  return {
    date: (value: unknown, ...given: readonly unknown[]) =>
      plain(formatDate(value, optional(given), callOf(given))),
    money: (amount: unknown, ...given: readonly unknown[]) =>
      plain(formatMoney(amount, optional(given), callOf(given))),
    number: (amount: unknown, call: HelperCall) =>
      plain(formatNumber(amount, call.hash["digits"], call)),
    plural: (count: unknown, one: unknown, other: unknown, call: HelperCall) =>
      plain(formatPlural(count, one, other, call)),
    list(entries: unknown, ...given: readonly unknown[]) {
      const { hash } = callOf(given);
      const style = { field: optional(given), limit: hash["limit"], or: hash["or"] };
      return formatList(entries, style, callOf(given));
    },
    encode: (value: unknown) => encodeURIComponent(textOf(value)),
  };
}

const tests: Record<string, Helper> = {
  default(...given: readonly unknown[]) {
    const call = callOf(given);
    const found = given.slice(0, -1).find((value) => !isBlank(value)) ?? "";
    if (typeof found === "object") {
      throw refusal(call, `expected text or a number, found ${kindOf(found)}`);
    }
    return found;
  },
  eq: (a: unknown, b: unknown) => a === b || (isBlank(a) && isBlank(b)),
  gt: (a: unknown, b: unknown) => !isBlank(a) && !isBlank(b) && Number(a) > Number(b),
  lt: (a: unknown, b: unknown) => !isBlank(a) && !isBlank(b) && Number(a) < Number(b),
  and: (...given: readonly unknown[]) => given.slice(0, -1).every(holds),
  or: (...given: readonly unknown[]) => given.slice(0, -1).some(holds),
  not: (value: unknown) => !holds(value),
};

/** Blank text, an empty list, zero, null and a missing value do not hold. */
function holds(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : !isBlank(value) && Boolean(value);
}

const blocks: Record<string, Helper> = {
  if(this: unknown, value: unknown, call: HelperCall) {
    return holds(value) ? call.fn(this) : call.inverse(this);
  },
  unless(this: unknown, value: unknown, call: HelperCall) {
    return holds(value) ? call.inverse(this) : call.fn(this);
  },
  with(this: unknown, value: unknown, call: HelperCall) {
    return holds(value)
      ? call.fn(value, { data: call.data, blockParams: [value] })
      : call.inverse(this);
  },
  each(this: unknown, entries: unknown, call: HelperCall) {
    return holds(entries) ? eachOf(entries, call) : call.inverse(this);
  },
  partial_(this: unknown, ...given: readonly unknown[]) {
    const call = given.at(-1) as HelperCall;
    const context = given.length === 2 ? given[0] : this;
    return call.fn({ ...(context as object | null), ...call.hash });
  },
};

function eachOf(entries: unknown, call: HelperCall): string {
  if (typeof entries !== "object" || entries === null) {
    throw refusal(call, `expected a list, found ${kindOf(entries)}`);
  }
  const pairs: readonly (readonly [string | number, unknown])[] = Array.isArray(entries)
    ? [...entries.entries()]
    : Object.entries(entries);
  const { root, language, state }: HelperScope = call.data;
  let written = "";
  for (const [index, [key, entry]] of pairs.entries()) {
    const place = { index, key, first: index === 0, last: index === pairs.length - 1 };
    const data = { root, language, state, _parent: call.data, ...place };
    written += call.fn(entry, { data, blockParams: [entry, key] });
  }
  return written;
}
