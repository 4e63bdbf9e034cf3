import { describe, expect, test } from "vitest";
import { sms } from "./write-templates.ts";

const at = "2026-11-22T23:30:00Z";
const customer = { zone: "Europe/London" };

describe("written for the customer", () => {
  test.each([
    ["{{date at}}", "en-US", "Nov 22, 2026"],
    ["{{date at}}", "en-GB", "22 Nov 2026"],
    ['{{date at "short"}}', "en-GB", "22/11/2026"],
    ['{{date at "long"}}', "en-US", "November 22, 2026"],
    ['{{date at "full"}}', "en-GB", "Sunday, 22 November 2026"],
    ['{{date at "d MMMM"}}', "en-GB", "22 November"],
    ['{{date at "EEEE, dd.MM.yyyy HH:mm"}}', "en-GB", "Sunday, 22.11.2026 23:30"],
    ['{{date at "time"}}', "en-US", "11:30 PM"],
    ['{{date birthday "d MMMM"}}', "en-GB", "17 May"],
    ["{{money 1234.5}}", "en-US", "€1,234.50"],
    ['{{money "12.50" "usd"}}', "en-US", "$12.50"],
    ["{{number 1234.5}}", "en-GB", "1,234.5"],
    ["{{number 3 digits=2}}", "en-GB", "3.00"],
    ['{{plural 1 "# thing" "# things"}}', "en", "1 thing"],
    ['{{plural 1200 "# thing" "# things"}}', "en", "1,200 things"],
    ["{{list words}}", "en-GB", "a, b and c"],
    ["{{list words or=true}}", "en-GB", "a, b or c"],
    ['{{list items "name" limit=2}}', "en", "Cup and Pot"],
    ["{{encode words.[0]}}{{encode sign}}", "en", "a%26%3D"],
  ])("%s for %s", async (body, locale, expected) => {
    const items = [{ name: "Cup" }, { name: "Pot" }, { name: "Lid" }];
    const variables = {
      at,
      customer,
      birthday: "1990-05-17",
      words: ["a", "b", "c"],
      items,
      sign: "&=",
    };
    expect(await sms(body, variables, { locale })).toBe(expected);
  });
});

test("dates are the customer's own days, and the shop's where the zone is unknown", async () => {
  for (const [zone, day] of [
    ["Europe/London", "22"],
    ["Asia/Tokyo", "23"],
    ["Mars/Olympus", "23"],
    [null, "23"],
  ]) {
    expect(await sms('{{date at "d"}}', { at, customer: { zone } })).toBe(day);
  }
});

test("an English text writes English dates, whatever the customer's language", async () => {
  expect(await sms('{{date at "MMMM"}}', { at, customer }, { locale: "fr-FR" })).toBe("November");
});

test("a German text writes German amounts, without the no-break space that no SMS can hold", async () => {
  const files = { "hi.sms.de.hbs": "{{money 1234.5}} {{date at 'd. MMMM'}} {{@language}}" };
  expect(await sms("x", { at, customer }, { locale: "de-AT", files })).toMatch(
    /^€ 1.234,50 22. November de$/,
  );
  expect(await sms("x", { at, customer }, { locale: "de", files })).toBe(
    "1.234,50 € 22. November de",
  );
});

test.each([
  ['{{date "soon"}}', 'date: expected a date such as "2026-05-17", found "soon"'],
  ['{{date at "later"}}', /date: expected short, medium, long, full, time or a pattern/],
  ['{{money "much"}}', 'money: expected a number, found "much"'],
  ['{{money 1 "euros"}}', 'money: expected a currency such as "EUR", found "euros"'],
  ["{{list at}}", /list: expected a list, found "2026/],
  ["{{list items}}", /list: expected the field to name/],
])("%s is an error that says what was expected", async (body, expected) => {
  await expect(sms(body, { at, items: [{ name: "x" }] })).rejects.toThrow(expected);
});
