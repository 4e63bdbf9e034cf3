import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";

/** A telephone number in E.164, or undefined when the numbering plan has no such number. `country` is whose national form it may be in. */
export function readPhone(text: string, country: string): string | undefined {
  const trimmed = text
    .trim()
    .replace(/^tel:/i, "")
    .replace(/^00(?=[1-9])/, "+");
  const number = parsePhoneNumberFromString(trimmed, { extract: false, ...plan(country) });
  return number?.isValid() === true && number.ext === undefined ? number.number : undefined;
}

function plan(country: string): { defaultCountry?: CountryCode } {
  return isSupportedCountry(country) ? { defaultCountry: country } : {};
}
