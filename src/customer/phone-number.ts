import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { readPlainNumber } from "./numbering-plan.ts";

/** A telephone number in E.164, or undefined when the numbering plan has no such number. `country` is whose national form it may be in. */
export function readPhone(text: string, country: string): string | undefined {
  const trimmed = text
    .trim()
    .replace(/^tel:/i, "")
    .replace(/^00(?=[1-9])/, "+");
  return readPlainNumber(trimmed, country) ?? readWithLibrary(trimmed, country);
}

/** Knows every way of writing a number, and takes its time. */
export function readWithLibrary(text: string, country: string): string | undefined {
  const number = parsePhoneNumberFromString(text, { extract: false, ...plan(country) });
  return number?.isValid() === true && number.ext === undefined ? number.number : undefined;
}

function plan(country: string): { defaultCountry?: CountryCode } {
  return isSupportedCountry(country) ? { defaultCountry: country } : {};
}
