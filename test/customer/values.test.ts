import { describe, expect, test } from "vitest";
import { readCountry } from "../../src/customer/country.ts";
import { dateFormat, isoDates } from "../../src/customer/date-format.ts";
import { readEmail } from "../../src/customer/email-address.ts";
import { readNumber } from "../../src/customer/number.ts";
import { readPhone } from "../../src/customer/phone-number.ts";

describe("an e-mail address", () => {
  test.each([
    [" Ann@Example.COM ", "ann@example.com"],
    ["o'neil+tag@shop.example", "o'neil+tag@shop.example"],
    ["ann@bücher.example", "ann@xn--bcher-kva.example"],
    ["mailto:ann@example.com", "ann@example.com"],
    [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
  ])("%s is kept as %s", (written, kept) => expect(readEmail(written)).toBe(kept));

  test.each([
    "ann",
    "ann@",
    "@example.com",
    "ann@example",
    "a b@example.com",
    "ann@-x.com",
    ".ann@example.com",
    "ann@@example.com",
    "ann@example..com",
    `${"a".repeat(65)}@example.com`,
    "ann@example.com\nBcc: x@y.example",
    "ann,bob@example.com",
  ])("%j is none", (written) => expect(readEmail(written)).toBeUndefined());
});

describe("a telephone number", () => {
  test.each([
    ["07400 123456", "GB", "+447400123456"],
    ["+44 (0)7400 123456", "DE", "+447400123456"],
    ["0044 7400 123456", "GB", "+447400123456"],
    ["030 901820", "DE", "+4930901820"],
    ["(202) 555-0123", "US", "+12025550123"],
  ])("%s in %s is %s", (written, country, kept) => expect(readPhone(written, country)).toBe(kept));

  test.each(["12345", "07400 12345", "call me", "4.47E+11", "+447400123456 ext 3", ""])(
    "%j in GB is none",
    (written) => expect(readPhone(written, "GB")).toBeUndefined(),
  );
});

describe("a country", () => {
  test.each([
    ["EIRE", "IE"],
    ["RSA", "ZA"],
    ["USA", "US"],
    ["United Kingdom", "GB"],
    ["uk", "GB"],
    ["gb", "GB"],
    ["GB", "GB"],
    ["UK", "GB"],
    ["NA", null],
    ["Czech Republic", "CZ"],
    ["Deutschland", "DE"],
    ["côte d’ivoire", "CI"],
    ["Cote d'Ivoire", "CI"],
    ["Hong Kong", "HK"],
    ["Unspecified", null],
    ["European Community", undefined],
    ["Channel Islands", undefined],
    ["DD", undefined],
    ["constructor", undefined],
  ])("%s is %s", (written, code) => expect(readCountry(written)).toBe(code));
});

describe("a number", () => {
  test.each([
    ["1,234.50", "1234.50"],
    ["£12.50", "12.50"],
    ["-£12.50", "-12.50"],
    ["12.50 GBP", "12.50"],
    ["(3.20)", "-3.20"],
    ["1e3", "1000"],
    ["-11062.06", "-11062.06"],
  ])("%s is %s", (written, kept) => expect(readNumber(written)).toBe(kept));

  test.each(["1,23", "12,34,567", "1.2.3", "--1", "ten", "0x10", "NaN", "Infinity"])(
    "%s is none",
    (written) => expect(readNumber(written)).toBeUndefined(),
  );

  test("with a decimal comma groups are dots", () => {
    expect(readNumber("1.234,50", ",")).toBe("1234.50");
    expect(readNumber("1.5", ",")).toBeUndefined();
  });
});

describe("a time", () => {
  const london = dateFormat("M/D/YYYY H:mm", "Europe/London");
  test.each([
    ["12/1/2010 8:26", "2010-12-01T08:26:00.000Z"],
    ["7/1/2011 8:26", "2011-07-01T07:26:00.000Z"],
    ["3/27/2011 0:59", "2011-03-27T00:59:00.000Z"],
    // 1:30 did not exist: the clocks went from 1:00 to 2:00.
    ["3/27/2011 1:30", "2011-03-27T01:30:00.000Z"],
    ["3/27/2011 2:00", "2011-03-27T01:00:00.000Z"],
    // 1:30 happened twice; the first one counts.
    ["10/30/2011 1:30", "2011-10-30T00:30:00.000Z"],
    ["10/30/2011 2:00", "2011-10-30T02:00:00.000Z"],
  ])("%s in London is %s", (written, instant) =>
    expect(london?.(written)?.toISOString()).toBe(instant),
  );

  test.each(["13/1/2010 8:26", "2/30/2011 8:00", "12/1/2010 24:00", "12/1/2010", "1/1/11 8:00"])(
    "%s is none in that form",
    (written) => expect(london?.(written)).toBeUndefined(),
  );

  test.each([
    ["D. MMM YYYY h:mm a", "3. Aug 2026 12:05 am", "2026-08-03T00:05:00.000Z"],
    ["DD/MM/YY", "03/08/26", "2026-08-03T00:00:00.000Z"],
    ["YYYY-MM-DDTHH:mm:ssZ", "2026-08-03T10:00:00+02:00", "2026-08-03T08:00:00.000Z"],
    ["unix", "1785744000", "2026-08-03T08:00:00.000Z"],
    ["unix ms", "1785744000000", "2026-08-03T08:00:00.000Z"],
  ])("%s reads %s", (format, written, instant) =>
    expect(dateFormat(format, "UTC")?.(written)?.toISOString()).toBe(instant),
  );

  test("a format without a year, or with a part twice, reads nothing", () => {
    expect(dateFormat("D.M.", "UTC")).toBeUndefined();
    expect(dateFormat("D.M.YYYY D", "UTC")?.("1.2.2026 1")).toBeUndefined();
  });

  test.each([
    ["2026-08-03", "2026-08-02T22:00:00.000Z"],
    ["2026-08-03 10:00", "2026-08-03T08:00:00.000Z"],
    ["2026-08-03T10:00:00.123456Z", "2026-08-03T10:00:00.123Z"],
    ["2026-08-03 10:00:00+00", "2026-08-03T10:00:00.000Z"],
  ])("ISO %s in Berlin is %s", (written, instant) =>
    expect(isoDates("Europe/Berlin")(written)?.toISOString()).toBe(instant),
  );
});
