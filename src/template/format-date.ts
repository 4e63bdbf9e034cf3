import { isBlank, kindOf, refusal, type HelperCall } from "./render-state.ts";

const styles: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  short: { dateStyle: "short" },
  medium: { dateStyle: "medium" },
  long: { dateStyle: "long" },
  full: { dateStyle: "full" },
  time: { timeStyle: "short" },
};

/** The letters of a pattern such as `d MMMM yyyy, HH:mm`: which part of the date each writes, and how. */
const letters: Readonly<
  Record<string, readonly [Intl.DateTimeFormatPartTypes, Intl.DateTimeFormatOptions]>
> = {
  d: ["day", { day: "numeric" }],
  dd: ["day", { day: "2-digit" }],
  M: ["month", { month: "numeric" }],
  MM: ["month", { month: "2-digit" }],
  MMM: ["month", { month: "short" }],
  MMMM: ["month", { month: "long" }],
  yy: ["year", { year: "2-digit" }],
  yyyy: ["year", { year: "numeric" }],
  EEE: ["weekday", { weekday: "short" }],
  EEEE: ["weekday", { weekday: "long" }],
  HH: ["hour", { hour: "2-digit", hourCycle: "h23" }],
  mm: ["minute", { minute: "2-digit" }],
};
const letter = /d{1,2}|M{1,4}|y{4}|y{2}|E{3,4}|HH|mm/g;

type DateFormat = (instant: Date) => string;
const formats = new Map<string, DateFormat>();

/** A date in the customer's zone and language. A day without a time (`2026-05-17`) is that day everywhere. */
export function formatDate(value: unknown, style: unknown, call: HelperCall): string {
  const { state } = call.data;
  if (isBlank(value)) return "";
  const isDay = typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value);
  const instant =
    value instanceof Date ? value : new Date(typeof value === "number" ? value : String(value));
  if (Number.isNaN(instant.getTime())) {
    throw refusal(call, `expected a date such as "2026-05-17", found ${kindOf(value)}`);
  }
  return formatOf(
    isBlank(style) ? "medium" : String(style),
    isDay ? "UTC" : state.zone,
    call,
  )(instant);
}

function formatOf(style: string, zone: string, call: HelperCall): DateFormat {
  const key = `${call.data.state.locale}|${zone}|${style}`;
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = makeFormat(style, zone, call)));
  return format;
}

function makeFormat(style: string, timeZone: string, call: HelperCall): DateFormat {
  const { locale } = call.data.state;
  const named = Object.hasOwn(styles, style) ? styles[style] : undefined;
  if (named !== undefined) {
    const format = new Intl.DateTimeFormat(locale, { ...named, timeZone });
    return (instant) => format.format(instant);
  }
  const options: Intl.DateTimeFormatOptions = { timeZone };
  for (const word of style.match(letter) ?? []) Object.assign(options, letters[word]?.[1]);
  if (Object.keys(options).length === 1) {
    const known = Object.keys(styles).join(", ");
    throw refusal(
      call,
      `expected ${known} or a pattern such as "d MMMM yyyy", found ${kindOf(style)}`,
    );
  }
  const format = new Intl.DateTimeFormat(locale, options);
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map((part) => [part.type, part.value]));
    return style.replace(letter, (word) =>
      padded(word, parts.get(letters[word]?.[0] ?? "literal") ?? ""),
    );
  };
}

/** Some locales ignore "2-digit" for a lone minute or day. */
function padded(word: string, text: string): string {
  return ["dd", "MM", "HH", "mm"].includes(word) ? text.padStart(2, "0") : text;
}
