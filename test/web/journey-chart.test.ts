import { expect, test } from "vitest";
import { journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { createFormats } from "../../src/web/formats.ts";
import { drawJourney } from "../../src/web/journey-chart.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCustomer } from "../support/people.ts";

const shop = await aShop();
const formats = createFormats({ locale: "en-GB", zone: "UTC", currency: "GBP" });

const journey = `
journey: hello
start: { on: signed_up }
steps:
  - if: { customer.country: GB }
    then: [{ wait: 1 day }]
    else: [{ exit: foreign }]
  - { send: hello, by: email }`;

async function drawn(): Promise<string> {
  const [counts] = await journeyCounts(shop.database);
  return counts === undefined ? "" : drawJourney(counts, formats);
}

/** The texts of the drawing, one after the other. */
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text);

test("every node and edge says how many, and where somebody is stands out", async () => {
  await shop.apply(journey);
  for (const country of ["GB", "GB", "DE"])
    await shop.happens(await aCustomer(shop.database, { country }), "signed_up");
  await shop.live();
  const svg = await drawn();
  expect(textsOf(svg)).toEqual(
    expect.arrayContaining(["3 entered", "then · 2", "else · 1", "2 here · 0 passed", "1 left"]),
  );
  expect(svg).toContain('<g class="node wait busy">');
  expect(svg).toContain('href="#step-wait-1-day"');
  expect(svg).not.toContain("style");
});

test("two ways to one step are told together", async () => {
  await shop.apply(`
journey: hello
start: { on: signed_up }
steps:
  - { if: { customer.country: GB }, then: [], else: [] }
  - { wait: 1 day }
  - { exit: enough }`);
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await shop.live();
  expect(textsOf(await drawn())).toEqual(
    expect.arrayContaining(["then · 1 together", "else · 1 together"]),
  );
});
