import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { unknownVariables } from "../../src/journey/check-variables.ts";
import { variables } from "../../src/journey/variable.ts";
import { grammar, loopVariables } from "../../src/template/grammar.ts";
import { compileTemplates } from "../../src/template/load-templates.ts";
import { fieldNames } from "../../src/template/source.ts";

const page = readFileSync("docs/templates.md", "utf8");
const options = { locale: "en", currency: "GBP", zone: "UTC" };
const shared = ["layouts/shop", "partials/heading", "partials/item"].map((name) => ({
  path: `templates/${name}.hbs`,
  content: readFileSync(`templates/${name}.hbs`, "utf8"),
}));

/** Whom the examples are written for. */
const ada = {
  customer: { first_name: "Ada", country: "GB", zone: "Europe/London", city: null },
  entry: {
    at: "2026-05-17T09:30:00Z",
    total: 64.5,
    currency: "EUR",
    weight: 1234.5,
    query: "red shoes",
    items: [{ name: "Mug" }, { name: "Lamp" }, { name: "Rug" }],
  },
  shop: { url: "https://shop.example" },
};

async function compiled(content: string, file: string) {
  return compileTemplates([{ path: `templates/${file}`, content }, ...shared], options);
}

const examples = [...page.matchAll(/^\| `(\{\{.+\}\})`.* \| (.+) \|$/gm)].map(
  ([, written = "", got = ""]) => [written.replaceAll("\\|", "|"), got] as const,
);

test.each(examples)("%s is written as the page says", async (written, got) => {
  const { templates, mistakes } = await compiled(written, "example.sms.hbs");
  expect(mistakes).toEqual([]);
  expect(unknownVariables(templates.list, ["url"])).toEqual([]);
  const { text } = templates.render("example", "sms", "en-GB", ada, (url) => url);
  expect(text).toBe(got);
});

test("the whole template of the page has no mistake", async () => {
  const [, content = ""] = /```hbs\n([^]*?)```/.exec(page) ?? [];
  const { templates, mistakes } = await compiled(content, "example.email.hbs");
  expect(mistakes).toEqual([]);
  expect(unknownVariables(templates.list, ["name", "address", "url"])).toEqual([]);
});

test("the page has every helper, every key of front matter and every variable", () => {
  const shown = examples.map(([written]) => written).join();
  for (const name of Object.keys(grammar)) expect(shown).toMatch(new RegExp(`[{(#]${name}\\b`));
  const rows = [...page.matchAll(/^\| (`[^{].*?) \| /gm)].map(([, row = ""]) => row).join();
  for (const name of fieldNames) expect(rows).toContain(`\`${name}\``);
  for (const [root, fields] of Object.entries(variables)) {
    expect(rows).toMatch(new RegExp(`\`${root}\\b`));
    const few = fields !== null && fields.length < 3 ? fields : [];
    for (const field of few) expect(rows).toContain(`\`${root}.${field}\``);
  }
  for (const name of loopVariables) expect(page).toContain(`@${name}`);
});
