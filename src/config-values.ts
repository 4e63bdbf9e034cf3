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

/** A text that stands for something; `expected` says what, with an example. */
function written<T>(expected: string, read: (text: string) => T | undefined) {
  return z.string({ error: expected }).transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: expected, input: text });
    return z.NEVER;
  });
}

/* The texts of `waypost.yaml` that stand for something. */

const aZone = 'expected an IANA time zone such as "Europe/London"';
export const zone = z.string({ error: aZone }).refine(isZone, { error: aZone });

export const duration = written('expected a duration such as "2 days"', readDuration);

export const daysOrMore = duration.refine((length) => roughSeconds(length) >= 86_400, {
  error: 'expected "1 day" or longer',
});

export const rate = written('expected a rate such as "100/second"', (text): Rate | undefined => {
  const [, count, unit] = /^(\d{1,6}) ?(?:\/|per) ?(s|second|m|minute|h|hour)$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0) return undefined;
  return {
    count: Number(count),
    seconds: unit?.startsWith("h") ? 3600 : unit?.startsWith("m") ? 60 : 1,
  };
});

export const cap = written('expected a cap such as "3 per 7 days"', (text): Cap | undefined => {
  const [, count, window] = /^(\d{1,4}) (?:per|in) (.+)$/.exec(text) ?? [];
  const within = readDuration(/^\d/.test(window ?? "") ? (window ?? "") : `1 ${window ?? ""}`);
  return within === undefined ? undefined : { count: Number(count), within };
});

const aCurrency = "expected a three-letter currency code such as GBP";
export const currencyCode = z
  .string({ error: aCurrency })
  .regex(/^[A-Z]{3}$/, { error: aCurrency });

export const price = written(
  'expected a price such as "0.04 GBP" or "0.04 GBP per segment"',
  (text): Price | undefined => {
    const [, amount, currency, per] =
      /^(\d{1,6}(?:\.\d{1,6})?) ([A-Z]{3})(?: (?:per|a) (message|segment))?$/.exec(text) ?? [];
    if (amount === undefined || currency === undefined) return undefined;
    return { amount: Number(amount), currency, per: per === "segment" ? per : "message" };
  },
);

export const share = written('expected a share of at most half, such as "5%"', (text) => {
  const [, percent] = /^(\d{1,2}(?:\.\d{1,4})?) ?%$/.exec(text) ?? [];
  return percent === undefined || Number(percent) > 50 ? undefined : Number(percent) / 100;
});

const aTime = 'expected a time of day such as "21:00"';
export const timeOfDay = z
  .string({ error: aTime })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: aTime });

/** A text without a rule of its own, such as `example`. */
export function text(example: string) {
  return z.string({ error: `expected a text such as ${example}` });
}

export function wholeNumber(least: number, most: number) {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export function address(example: string) {
  return z.url({ protocol: /^https?$/, error: `expected an address such as ${example}` });
}

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
