import { expect, test } from "vitest";
import { type CountryCode, getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { readPlainNumber } from "../../src/customer/numbering-plan.ts";
import { readWithLibrary } from "../../src/customer/phone-number.ts";

const countries = getCountries();

test("a number in E.164 is read without the library in nearly every country", () => {
  const asked = countries.filter((country) => {
    const number = `+${getCountryCallingCode(country)}${examples[country]}`;
    return readPlainNumber(number, country) !== number;
  });
  // Argentina's may begin with what is dialled before a number there, which only the library tells apart.
  expect(asked).toContain("AR");
  expect(asked.length).toBeLessThan(5);
});

test("what is read without the library is what the library reads", () => {
  const read = countries.flatMap((country) =>
    variants(country).flatMap((text) => {
      const plain = readPlainNumber(text, country);
      return plain === undefined ? [] : [{ text, country, number: plain }];
    }),
  );
  expect(read.length).toBeGreaterThan(5000);
  expect(
    read.filter(({ text, country, number }) => readWithLibrary(text, country) !== number),
  ).toEqual([]);
});

test.each(["+44", "+999 123456", "+1", "0", "07400 123456 ext 3", "+44 (0)7400 123456", "12345"])(
  "of %j the library is asked",
  (text) => expect(readPlainNumber(text, "GB")).toBeUndefined(),
);

/** The country's example and numbers like it, most of which do not exist, in each way of writing. */
function variants(country: CountryCode): string[] {
  const example = examples[country];
  const code = getCountryCallingCode(country);
  const numbers = Array.from(example, (_, place) => place).flatMap((place) =>
    [1, 4, 7].map(
      (step) =>
        example.slice(0, place) + ((Number(example[place]) + step) % 10) + example.slice(place + 1),
    ),
  );
  return [example, `${example}5`, example.slice(1), ...numbers].flatMap((number) => [
    `+${code}${number}`,
    `+${code} ${number.slice(0, 3)} ${number.slice(3)}`,
    `0${number}`,
    `(0${number.slice(0, 2)}) ${number.slice(2)}`,
    number,
    code + number,
  ]);
}
