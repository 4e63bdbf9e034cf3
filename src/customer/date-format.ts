import { zonedTime } from "./zoned-time.ts";

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** The parts a format is written in, longest first, each with what it matches. */
const parts: Readonly<Record<string, string>> = {
  YYYY: "(?<year>\\d{4})",
  YY: "(?<shortYear>\\d{2})",
  MMM: "(?<monthName>[A-Za-z]{3})[a-z]*",
  MM: "(?<month>\\d{2})",
  M: "(?<month>\\d{1,2})",
  DD: "(?<day>\\d{2})",
  D: "(?<day>\\d{1,2})",
  HH: "(?<hour>\\d{2})",
  H: "(?<hour>\\d{1,2})",
  hh: "(?<hour12>\\d{2})",
  h: "(?<hour12>\\d{1,2})",
  mm: "(?<minute>\\d{2})",
  ss: "(?<second>\\d{2})",
  SSS: "(?<millisecond>\\d{3})",
  A: "(?<half>[AaPp])\\.?[Mm]\\.?",
  a: "(?<half>[AaPp])\\.?[Mm]\\.?",
  Z: "(?<offset>Z|[+-]\\d{2}:?\\d{2})",
};
const partsOrder = /YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A|a|Z/g;

export type ReadDate = (text: string) => Date | undefined;

/**
 * Reads dates written in one format: `M/D/YYYY H:mm`, `DD.MM.YYYY`, `YYYY-MM-DDTHH:mm:ssZ`, or `unix` and `unix ms`. Without
 * an offset in the text the time is local to `zone`. Undefined for a format that names no day. A date the calendar does not have is read as undefined.
 */
export function dateFormat(format: string, zone: string): ReadDate | undefined {
  if (format === "unix" || format === "unix ms") return unixTime(format === "unix" ? 1000 : 1);
  if (!/YY/.test(format) || !/M/.test(format) || !/D/.test(format)) return undefined;
  const pattern = format.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const matcher = pattern.replaceAll(partsOrder, (part) => parts[part] ?? part);
  return readWith(compile(`^${matcher}$`), zonedTime(zone));
}

/** ISO 8601 and what databases print: a date, or a date and time, with or without an offset. */
export function isoDates(zone: string): ReadDate {
  const time =
    "(?:[T ](?<hour>\\d{2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?)?)?";
  const offset = "\\s?(?<offset>Z|UTC|[+-]\\d{2}(?::?\\d{2})?)?";
  return readWith(
    new RegExp(`^(?<year>\\d{4})-(?<month>\\d{2})-(?<day>\\d{2})${time}${offset}$`),
    zonedTime(zone),
  );
}

/** A part that is named twice makes no expression. */
function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    return /^(?!)/;
  }
}

function unixTime(scale: number): ReadDate {
  return (text) => (/^-?\d{1,14}(\.\d+)?$/.test(text) ? new Date(Number(text) * scale) : undefined);
}

function readWith(matcher: RegExp, instantOf: (local: number) => number): ReadDate {
  return (text) => {
    const found = matcher.exec(text)?.groups;
    if (found === undefined) return undefined;
    const local = localTime(found);
    if (local === undefined) return undefined;
    const offset = found["offset"];
    return new Date(offset === undefined ? instantOf(local) : local - milliseconds(offset));
  };
}

function localTime(found: Readonly<Record<string, string | undefined>>): number | undefined {
  const shortYear = Number(found["shortYear"] ?? 0);
  const year = Number(found["year"] ?? (shortYear < 70 ? 2000 + shortYear : 1900 + shortYear));
  const month =
    found["monthName"] === undefined
      ? Number(found["month"])
      : months.indexOf(found["monthName"].toLowerCase()) + 1;
  const day = Number(found["day"]);
  const hour = hourOf(found);
  const minute = Number(found["minute"] ?? 0);
  const second = Number(found["second"] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = found["millisecond"] ?? (found["fraction"] ?? "0").padEnd(3, "0").slice(0, 3);
  const midnight = Date.UTC(year, month - 1, day);
  const made = new Date(midnight);
  if (made.getUTCMonth() !== month - 1 || made.getUTCDate() !== day || year < 1) return undefined;
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction);
}

function hourOf(found: Readonly<Record<string, string | undefined>>): number {
  const hour12 = found["hour12"];
  if (hour12 === undefined) return Number(found["hour"] ?? 0);
  if (Number(hour12) < 1 || Number(hour12) > 12) return 24;
  return (Number(hour12) % 12) + (found["half"]?.toLowerCase() === "p" ? 12 : 0);
}

function milliseconds(offset: string): number {
  if (offset === "Z" || offset === "UTC") return 0;
  const sign = offset.startsWith("-") ? -1 : 1;
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
}
