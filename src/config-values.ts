import { z } from "zod";
import { type Duration, readDuration, roughSeconds } from "./duration.ts";

export interface Rate {
  readonly count: number;
  readonly seconds: number;
}
export interface Cap {
  readonly count: number;
  readonly within: Duration;
}

export interface Price {
  readonly amount: number;
  readonly currency: string;
  readonly per: "message" | "segment";
}

/* The texts of `waypost.yaml` that stand for something. */

export const zone = z
  .string()
  .refine(isZone, { error: 'expected an IANA time zone such as "Europe/London"' });
export const duration = z.string().transform((text, context): Duration => {
  const read = readDuration(text);
  if (read === undefined)
    context.addIssue({
      code: "custom",
      message: 'expected a duration such as "2 days"',
      input: text,
    });
  return read ?? { months: 0, days: 1, seconds: 0 };
});
export const daysOrMore = duration.refine((length) => roughSeconds(length) >= 86_400, {
  error: 'expected "1 day" or longer',
});
export const rate = z.string().transform((text, context): Rate => {
  const [, count, unit] = /^(\d{1,6}) ?(?:\/|per) ?(s|second|m|minute|h|hour)$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    context.addIssue({
      code: "custom",
      message: 'expected a rate such as "100/second"',
      input: text,
    });
  return {
    count: Number(count ?? 1),
    seconds: unit?.startsWith("h") ? 3600 : unit?.startsWith("m") ? 60 : 1,
  };
});
export const cap = z.string().transform((text, context): Cap => {
  const [, count, window] = /^(\d{1,4}) (?:per|in) (.+)$/.exec(text) ?? [];
  const within = readDuration(/^\d/.test(window ?? "") ? (window ?? "") : `1 ${window ?? ""}`);
  if (within === undefined)
    context.addIssue({
      code: "custom",
      message: 'expected a cap such as "3 per 7 days"',
      input: text,
    });
  return { count: Number(count ?? 1), within: within ?? { months: 0, days: 1, seconds: 0 } };
});
export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: "expected a three-letter currency code such as GBP" });
export const price = z.string().transform((text, context): Price => {
  const [, amount, currency, per] =
    /^(\d{1,6}(?:\.\d{1,6})?) ([A-Z]{3})(?: (?:per|a) (message|segment))?$/.exec(text) ?? [];
  if (amount === undefined)
    context.addIssue({
      code: "custom",
      message: 'expected a price such as "0.04 GBP" or "0.04 GBP per segment"',
      input: text,
    });
  return {
    amount: Number(amount ?? 0),
    currency: currency ?? "GBP",
    per: per === "segment" ? per : "message",
  };
});
export const share = z.string().transform((text, context): number => {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,4})?) ?%$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 50)
    context.addIssue({
      code: "custom",
      message: 'expected a share of at most half, such as "5%"',
      input: text,
    });
  return Number(percent ?? 0) / 100;
});
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of day such as "21:00"' });

function isZone(name: string): boolean {
  // Node would take an offset ("+05:30"), which Postgres reads the other way round.
  if (!/^[a-z]/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
