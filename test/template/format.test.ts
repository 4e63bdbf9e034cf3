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
  ['{{date "soon"}}', 'date "soon": expected a date such as "2026-05-17", found another text'],
  ['{{date at "later"}}', /: expected short, medium, long, full, time or a pattern/],
  ['{{money "much"}}', 'money "much": expected a number, found another text'],
  ['{{money 1 "euros"}}', 'expected a currency such as "EUR", found another text'],
  ["{{list at}}", "list at: expected a list, found another text"],
  ["{{list items}}", "list items: expected the name of a field that is text in every entry"],
  ["{{default items ''}}", "default items '': expected text or a number, found a list"],
])("%s is an error that says what was expected", async (body, expected) => {
  await expect(sms(body, { at, items: [{ name: "x" }] })).rejects.toThrow(expected);
});

test.each([
  ["{{money secret}}", "money secret"],
  ["{{money 1 secret}}", "money 1 secret"],
  ["{{number secret digits=2}}", "number secret digits=2"],
  ["{{plural secret 'a' 'b'}}", "plural secret 'a' 'b'"],
  ["{{date\n  secret}}", "date secret"],
  ["{{date at secret}}", "date at secret"],
  ["{{list secret}}", "list secret"],
  ["{{list secrets}}", "list secrets"],
  ["{{list secrets 'none'}}", "list secrets 'none'"],
  ["{{#each secret as |one|}}{{one}}{{/each}}", "each secret"],
  ["{{#each secrets}}{{money x}}{{/each}}", "money x"],
  ["{{#if (eq (money secret) 'x')}}{{/if}}", "money secret"],
  ["{{default none secrets}}", "default none secrets"],
  ["{{secrets}}", "secrets"],
  ["{{secrets.[0]}}", "secrets.0"],
  ["{{> price of=secret}}", "money of"],
])("%s names what is wrong and where, and nothing of the customer", async (body, named) => {
  const files = { "partials/price.hbs": "{{money of}}" };
  const given = { at, secret: "Lovelace", secrets: [{ x: "Lovelace" }] };
  const rendering = sms(`\n${body}`, given, { files });
  const place = body.startsWith("{{>")
    ? "templates/hi.sms.hbs (templates/partials/price.hbs:1)"
    : "templates/hi.sms.hbs:2";
  await expect(rendering).rejects.toThrow(`${place}: ${named}: expected`);
  await expect(rendering).rejects.not.toThrow(/Lovelace/);
});
