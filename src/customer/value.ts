import { readCountry } from "./country.ts";
import { type ReadDate, dateFormat, isoDates } from "./date-format.ts";
import { readEmail } from "./email-address.ts";
import type { FieldType } from "./field.ts";
import { readNumber } from "./number.ts";
import { type Json, faultOfJson, faultOfText } from "./storable.ts";

/** Why a value cannot be what it should be: what was expected there. */
export class Fault {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export interface ValueSettings {
  readonly now: Date;
  /** Zone of times without an offset. */
  readonly zone: string;
  readonly format?: string | undefined;
  readonly decimal?: "." | "," | undefined;
  /** The time zones that the database knows. */
  readonly zones: ReadonlySet<string>;
}

/** Reads a text that is not empty (or, from JSON, a value that is not null). A phone number stays as written, since its country may stand in another column. */
export type ReadValue = (raw: Json) => Json | Fault;

const statuses = ["completed", "returned", "cancelled", "adjusted"];
const statusAliases = new Map(
  Object.entries({
    paid: "completed",
    complete: "completed",
    fulfilled: "completed",
    shipped: "completed",
    refunded: "returned",
    return: "returned",
    canceled: "cancelled",
    void: "cancelled",
    adjustment: "adjusted",
  }),
);
const symbols = new Map(Object.entries({ "£": "GBP", "€": "EUR", $: "USD" }));
const yes = new Set(["true", "yes", "y", "1", "on", "t"]);
const no = new Set(["false", "no", "n", "0", "off", "f"]);
const longestKey = 255;
const longestColumn = 2000;
const earliest = Date.UTC(1970, 0, 1);
const day = 86_400_000;

export function valueReader(type: FieldType, settings: ValueSettings): ReadValue {
  if (type === "any") return readAny;
  if (type === "json") return readJson;
  const read = textReader(type, settings);
  return (raw) => {
    if (typeof raw === "object") return new Fault("expected one value, found a list or an object");
    const text = typeof raw === "string" ? raw : String(raw);
    const fault = faultOfText(text);
    return fault === undefined ? read(text) : new Fault(fault);
  };
}

function textReader(
  type: Exclude<FieldType, "any" | "json">,
  settings: ValueSettings,
): (text: string) => Json | Fault {
  switch (type) {
    case "text":
      return (text) => atMost(text, longestColumn);
    case "key":
      return (text) => atMost(text, longestKey);
    case "phone":
      return (text) => atMost(text, 50);
    case "integer":
      return (text) => readInteger(text, settings);
    case "number":
    case "money":
      return (text) => readDecimal(text, type, settings);
    case "boolean":
      return readBoolean;
    case "email":
      return (text) =>
        readEmail(text) ?? new Fault('expected an e-mail address such as "ann@example.com"');
    case "country":
      return readCountryName;
    case "locale":
      return readLocale;
    case "zone":
      return (text) => readZone(text, settings.zones);
    case "currency":
      return readCurrency;
    case "status":
      return readStatus;
    case "datetime":
      return timeReader(settings);
    case "date":
    case "birthday":
      return dayReader(settings, type === "birthday");
  }
}

function atMost(text: string, length: number): string | Fault {
  return text.length <= length
    ? text
    : new Fault(`expected at most ${length} characters, got ${text.length}`);
}

function readInteger(text: string, settings: ValueSettings): string | Fault {
  const number = readNumber(text, settings.decimal);
  if (number === undefined || !/^-?\d{1,9}(\.0+)?$/.test(number))
    return new Fault("expected a whole number");
  return number.replace(/\..*$/, "");
}

function readDecimal(
  text: string,
  type: "number" | "money",
  settings: ValueSettings,
): string | Fault {
  const number = readNumber(text, settings.decimal);
  if (number === undefined) {
    const hint = /^-?\d+([.]\d{3})*,\d+$/.test(text)
      ? '; for a decimal comma put `decimal: ","` into the mapping'
      : "";
    return new Fault(
      `expected ${type === "money" ? "an amount" : "a number"} such as 1234.50${hint}`,
    );
  }
  if (Math.abs(Number(number)) >= 1e9) return new Fault("expected a number below 1,000,000,000");
  return number;
}

function readBoolean(text: string): boolean | Fault {
  const plain = text.toLowerCase();
  if (yes.has(plain)) return true;
  return no.has(plain) ? false : new Fault("expected yes or no");
}

function readCountryName(text: string): string | null | Fault {
  const country = readCountry(text);
  return country === undefined
    ? new Fault(
        "expected a country's name or two-letter code; a mapping can say what it stands for, with `values`",
      )
    : country;
}

function readLocale(text: string): string | Fault {
  try {
    return (
      Intl.getCanonicalLocales(text.replaceAll("_", "-").replace(/\..*$/, ""))[0] ??
      new Fault("expected a locale")
    );
  } catch {
    return new Fault("expected a locale such as en or pt-BR");
  }
}

function readZone(text: string, known: ReadonlySet<string>): string | Fault {
  if (known.has(text)) return text;
  const zone = canonicalZone(text);
  return zone !== null && known.has(zone)
    ? zone
    : new Fault('expected an IANA time zone such as "Europe/London"');
}

/** `europe/london` -> `Europe/London` */
function canonicalZone(text: string): string | null {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

function readCurrency(text: string): string | Fault {
  const code = symbols.get(text) ?? text.toUpperCase();
  return /^[A-Z]{3}$/.test(code) ? code : new Fault("expected a currency code such as GBP");
}

function readStatus(text: string): string | Fault {
  const plain = text.toLowerCase();
  const status = statusAliases.get(plain) ?? plain;
  return statuses.includes(status) ? status : new Fault(`expected one of ${statuses.join(", ")}`);
}

function timeReader(settings: ValueSettings): (text: string) => string | Fault {
  const read = dateReader(settings);
  const latest = settings.now.getTime() + day;
  return (text) => {
    const time = read(text);
    if (time === undefined)
      return new Fault(`expected a time written as ${settings.format ?? "2026-01-31T12:30:00Z"}`);
    if (time.getTime() < earliest || time.getTime() > latest)
      return new Fault("expected a time between 1970 and tomorrow");
    return time.toISOString();
  };
}

function dayReader(settings: ValueSettings, birthday: boolean): (text: string) => string | Fault {
  const read = dateReader({ ...settings, zone: "UTC" });
  const latest = settings.now.getTime() + (birthday ? 0 : 36_500 * day);
  return (text) => {
    const time = read(text);
    if (time === undefined)
      return new Fault(`expected a date written as ${settings.format ?? "1990-01-31"}`);
    if (time.getUTCFullYear() < 1900 || time.getTime() > latest)
      return new Fault(
        birthday
          ? "expected a birthday after 1900 and not in the future"
          : "expected a date after 1900",
      );
    return time.toISOString().slice(0, 10);
  };
}

function dateReader(settings: ValueSettings): ReadDate {
  const written =
    settings.format === undefined ? undefined : dateFormat(settings.format, settings.zone);
  return written ?? isoDates(settings.zone);
}

/** A free field keeps numbers and booleans as such where that loses nothing: "42" is a number, "007" stays text. */
function readAny(raw: Json): Json | Fault {
  if (typeof raw !== "string") return readJsonValue(raw);
  const fault = faultOfText(raw);
  if (fault !== undefined) return new Fault(fault);
  if (raw === "true" || raw === "false") return raw === "true";
  return /^-?\d{1,15}(\.\d{1,10})?$/.test(raw) && String(Number(raw)) === raw ? Number(raw) : raw;
}

function readJson(raw: Json): Json | Fault {
  if (typeof raw !== "string") return readJsonValue(raw);
  try {
    return readJsonValue(JSON.parse(raw) as Json);
  } catch {
    return new Fault('expected JSON such as {"size": "L"}');
  }
}

function readJsonValue(value: Json): Json | Fault {
  const fault = faultOfJson(value);
  return fault === undefined ? value : new Fault(fault);
}
