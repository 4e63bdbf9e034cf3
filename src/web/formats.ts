import type { Config } from "../config.ts";

/** How the screens write numbers, money and times: in the shop's language, currency and zone. */
export interface Formats {
  readonly locale: string;
  number(value: number): string;
  money(value: number, currency?: string): string;
  /** 0.123 is "12.3%". */
  percent(share: number): string;
  /** A difference of shares: 0.061 is "6.1 points". */
  points(difference: number): string;
  /** A day and a time of day. */
  moment(instant: Date): string;
  day(instant: Date): string;
  hour(instant: Date): string;
  /** "3 minutes ago", "in 2 days". */
  distance(instant: Date, now: Date): string;
}

type Shop = Pick<Config, "locale" | "zone" | "currency">;

export function createFormats({ locale: wanted, zone: timeZone, currency: own }: Shop): Formats {
  const locale = canonical(wanted);
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const moment = new Intl.DateTimeFormat(locale, {
    timeZone,
    dateStyle: "medium",
    timeStyle: "short",
  });
  const day = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium" });
  const hour = new Intl.DateTimeFormat(locale, { timeZone, timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    locale,
    number: (value) => number.format(value),
    money: (value, currency = own) => money(locale, currency, value),
    percent: (share) => percent.format(share),
    points: (difference) => `${number.format(Number((100 * difference).toFixed(1)))} points`,
    moment: (instant) => moment.format(instant),
    day: (instant) => day.format(instant),
    hour: (instant) => hour.format(instant),
    distance: (instant, now) => distance(relative, instant, now),
  };
}

function canonical(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale.replaceAll("_", "-"))[0] ?? "en";
  } catch {
    return "en";
  }
}

/** Large sums are read without their pennies. An order may name a currency that Intl refuses. */
function money(locale: string, currency: string, value: number): string {
  if (!/^[A-Z]{3}$/.test(currency))
    return `${new Intl.NumberFormat(locale).format(value)} ${currency}`;
  const digits = Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : {};
  return new Intl.NumberFormat(locale, { style: "currency", currency, ...digits }).format(value);
}

const units = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

function distance(relative: Intl.RelativeTimeFormat, instant: Date, now: Date): string {
  const seconds = (instant.getTime() - now.getTime()) / 1000;
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  return relative.format(Math.trunc(seconds), "second");
}
