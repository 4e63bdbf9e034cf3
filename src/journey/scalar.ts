import { Cron } from "croner";
import { type Duration, readDuration, roughSeconds } from "../duration.ts";
import { nearMiss } from "../errors.ts";
import { type Reader, described } from "./reader.ts";
import { oneOf, pattern } from "./schema.ts";

export const text = (what: string): Reader<string> =>
  described({ type: "string", minLength: 1, description: what }, (place) => {
    const { value } = place;
    const isText = typeof value === "string" && value.trim() !== "" && value.length <= 10_000;
    return isText ? value.trim() : place.expected(what);
  });

const nameShape = /^[a-z0-9][a-z0-9_-]{0,99}$/i;

/** A name of our own: letters, digits, "-" and "_", so that it can be part of a file name, a URL and a step id. */
export const name = (what: string): Reader<string> =>
  described({ ...pattern("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"), description: what }, (place) => {
    const { value } = place;
    if (typeof value === "string" && nameShape.test(value)) return value;
    const isBadlyMade = typeof value === "string" && value !== "";
    return place.expected(isBadlyMade ? `${what} (letters, digits, "-" and "_")` : what);
  });

export const flag: Reader<boolean> = described({ type: "boolean" }, (place) =>
  typeof place.value === "boolean" ? place.value : place.expected("true or false"),
);

export const wholeNumber = (what: string, least: number, most: number): Reader<number> =>
  described({ type: "integer", minimum: least, maximum: most }, (place) => {
    const { value } = place;
    const fits = typeof value === "number" && Number.isInteger(value);
    return fits && value >= least && value <= most ? value : place.expected(what);
  });

/** "12%" as 0.12. A bare number would leave open which of the two was meant. */
export const share: Reader<number> = described(pattern("^\\d+(\\.\\d+)? ?%$"), (place) => {
  const written = typeof place.value === "string" ? readPercent(place.value) : undefined;
  const fits = written !== undefined && written >= 0 && written <= 1;
  return fits ? written : place.expected("a share such as 12%");
});

export function readPercent(written: string): number | undefined {
  const [, digits] = /^(-?\d{1,9}(?:\.\d{1,6})?) ?%$/.exec(written) ?? [];
  // Through text, because 29 / 100 and friends would carry a rounding error into hash buckets.
  return digits === undefined ? undefined : Number((Number(digits) / 100).toFixed(8));
}

const unitNames = ["seconds", "minutes", "hours", "days", "weeks", "months", "years"];
const longest = 100 * 366 * 86_400;

const unit = "(second|minute|hour|day|week|month|year)s?";
const durationShape = pattern(`^\\s*\\d{1,6}\\s*${unit}(\\s*,?\\s*\\d{1,6}\\s*${unit})*,?\\s*$`);

export const duration: Reader<Duration> = described(durationShape, (place) => {
  const { value } = place;
  const expected = 'a duration such as "3 days"';
  if (typeof value !== "string" || value.length > 100) return place.expected(expected);
  const read = readDuration(value);
  if (read !== undefined) return isUsable(read) ? read : place.expected("at most 100 years");
  const unknown = [...value.matchAll(/\d\s*([a-z]+)/gi)]
    .map(([, word]) => word ?? "")
    .find((word) => readDuration(`1 ${word}`) === undefined);
  const meant = unknown === undefined ? undefined : nearMiss(unknown, unitNames);
  return meant === undefined
    ? place.expected(expected)
    : place.wrong(`unknown unit "${unknown}"; did you mean "${meant}"?`);
});

/** Within what a timestamp can be moved by. */
export function isUsable(length: Duration): boolean {
  return roughSeconds(length) <= longest;
}

export const timeOfDay: Reader<string> = described(
  pattern("^([01]\\d|2[0-3]):[0-5]\\d$"),
  (place) => {
    const { value } = place;
    const isTime = typeof value === "string" && /^([01]\d|2[0-3]):[0-5]\d$/.test(value);
    return isTime ? value : place.expected('a time of day such as "09:00"');
  },
);

const zoneShape = pattern("^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$");

/** An IANA zone. Offsets such as "+01:00" are refused: Postgres reads them with the opposite sign. */
export const zone: Reader<string> = described(zoneShape, (place) => {
  const { value } = place;
  const named = typeof value === "string" && /^[a-z_]+(\/[a-z0-9_+-]+)*$/i.test(value);
  if (named && isZone(value)) return value;
  const meant = named ? nearMiss(value, ["UTC", ...Intl.supportedValuesOf("timeZone")]) : undefined;
  const hint = meant === undefined ? 'such as "Europe/London"' : `(did you mean "${meant}"?)`;
  return place.expected(`an IANA time zone ${hint}`);
});

export const customerZone: Reader<string> = described(
  oneOf({ const: "customer" }, zoneShape),
  (place) => (place.value === "customer" ? "customer" : zone(place)),
);

function isZone(zoneName: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zoneName });
    return true;
  } catch {
    return false;
  }
}

/** Five fields, and only the characters on which all cron readers agree. */
export const cron: Reader<string> = described(pattern("^[0-9*,/A-Za-z -]{9,100}$"), (place) => {
  const { value } = place;
  const expected = 'a cron pattern of five fields such as "0 9 * * 1"';
  if (typeof value !== "string" || !/^[\d*,/a-z -]{9,100}$/i.test(value))
    return place.expected(expected);
  try {
    const pattern = new Cron(value.trim(), { mode: "5-part", paused: true });
    if (pattern.nextRun(new Date(0)) === null) return place.wrong("this cron pattern never comes");
    return value.trim();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.replace(/^Cron\w*: /, "") : "";
    return place.wrong(`expected ${expected}, got ${JSON.stringify(value)}: ${detail}`);
  }
});
