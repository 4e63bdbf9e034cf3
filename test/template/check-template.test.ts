import { describe, expect, test } from "vitest";
import { mistakesOf, read } from "./write-templates.ts";

const head = "---\nsubject: Hello\n---\n";

describe("every mistake is told with file, line and what was expected", () => {
  test.each([
    ["<p>\n{{#if a}}", "hi.email.hbs:5 {{#if}} has no {{/if}}"],
    [
      "\n{{#if a}}x{{/each}}",
      "hi.email.hbs:5 expected {{/if}} for the block of line 5, found {{/each}}",
    ],
    ["{{foo bar=}}", 'hi.email.hbs:4 expected a complete {{…}}, found "{{foo bar=}}"'],
    ["{{mony event.total}}", 'hi.email.hbs:4 found no helper "mony": did you mean "money"?'],
    [
      "{{#items}}x{{/items}}",
      'hi.email.hbs:4 found no helper "items": write {{#if …}} or {{#each …}}',
    ],
    ["{{money}}", "hi.email.hbs:4 money: expected it as in {{money event.total event.currency}}"],
    ["{{number a digit=2}}", 'hi.email.hbs:4 number takes only digits, found "digit"'],
    ["{{#date a}}x{{/date}}", 'hi.email.hbs:4 date: expected it as in {{date event.at "d MMMM"}}'],
    ["{{> butto}}", 'hi.email.hbs:4 found no partial "butto": did you mean "button"?'],
    [
      "{{> nowhere}}",
      'hi.email.hbs:4 found no partial "nowhere": create templates/partials/nowhere.hbs',
    ],
    [
      "{{> (lookup a b)}}",
      "hi.email.hbs:4 expected the name of a partial: it cannot come from data",
    ],
    ["{{lookup a b}}", 'found no helper "lookup"'],
    ["{{#if (frob a)}}x{{/if}}", 'found no helper "frob"'],
    ["{{value_ a 1}}", 'found no helper "value_"'],
    ["{{@state.root}}", 'found no "@state"'],
    ["{{{customer.name}}}", "values are always escaped"],
    ["{{&customer.name}}", "values are always escaped"],
    ["{{{{raw}}}} {{{{/raw}}}}", "values are always escaped"],
    ["\\{{name}}", "a backslash before {{ is not supported"],
    ["{{#> button}}x{{/button}}", "block partials and decorators are not supported"],
    ['{{#*inline "x"}}y{{/inline}}', "block partials and decorators are not supported"],
    [
      "<p {{customer.name}}>x</p>",
      "hi.email.hbs:4 a value stands between the attributes of <p>: expected it inside quotes",
    ],
  ])("%s", async (body, expected) => {
    const [first = ""] = await mistakesOf({
      "hi.email.hbs": head + body,
      "partials/button.hbs": "x",
    });
    expect(first).toContain(expected);
  });
});

describe("a mistake of syntax hides no other", () => {
  test.each<readonly [string, ...string[]]>([
    [
      "{{frob a}}\n{{foo bar=}}\n{{> nowhere}}\n{{mony b}}",
      '4 found no helper "frob"',
      '5 expected a complete {{…}}, found "{{foo bar=}}"',
      '6 found no partial "nowhere"',
      '7 found no helper "mony"',
    ],
    [
      "{{#if (eq a}}\n{{money}}\n{{/if}}\n{{#each b c}}x{{/each}}",
      '4 expected a complete {{…}}, found "{{#if (eq a}}"',
      "5 money: expected it as in",
      "7 each: expected it as in",
    ],
    [
      "{{#if a}}\n{{#each b}}\n{{/if}}\n{{frob 1}}\n{{/with}}\n{{#unless c}}",
      "5 {{#each}} has no {{/each}}",
      '7 found no helper "frob"',
      "8 {{/with}} ends nothing: found no {{#with}} before it",
      "9 {{#unless}} has no {{/unless}}",
    ],
    [
      "Hi {{customer.first_name\n{{{raw}}}\n\\{{a}}\n{{frob 1}} {{money",
      '4 expected a complete {{…}}, found "{{customer.first_name"',
      "5 expected {{…}}, found {{{",
      "6 a backslash",
      '7 found no helper "frob"',
      '7 expected a complete {{…}}, found "{{money"',
    ],
    [
      "{{#if a}}\n{{else if (b}}\nx{{/if}}{{frob 1}}",
      "5 expected a complete",
      '6 found no helper "frob"',
    ],
    [
      "<!-- {{#if a}} --> {{/i f}}\n{{frob 1}}",
      "4 {{#if}} has no {{/if}}",
      "4 expected a complete",
      '5 found no helper "frob"',
    ],
    ["{{> button a=}}\n{{^b}}{{/b}}", "4 expected a complete", '5 found no helper "b"'],
    [
      "{{!-- {{#if --}}{{frob 1}}\n{{x ",
      '4 found no helper "frob"',
      '5 expected a complete {{…}}, found "{{x"',
    ],
    [
      "<p {{customer.name}}>x</p>\n{{frob 1}}",
      '5 found no helper "frob"',
      "4 a value stands between the attributes of <p>",
    ],
  ])("%s", async (body, ...expected) => {
    const found = await mistakesOf({ "hi.email.hbs": head + body, "partials/button.hbs": "x" });
    expect(found).toEqual(expected.map((each) => expect.stringContaining(`hi.email.hbs:${each}`)));
  });

  test("nor what the template reads, but where blocks are not whole", async () => {
    const { templates } = await read({
      "hi.email.hbs": `${head}{{frob customer.nam}} {{> nowhere}} {{entry.total}} {{#eech entry.items}}{{name}}{{/eech}}`,
      "tag.sms.hbs": '{{#if (eq a}}{{customer.nam}}{{/if}}{{shop.name}}{{"x"}}',
      "open.sms.hbs": "{{#each entry.items}}{{name}}",
      "in.email.hbs": "---\nsubject: {{customer.nam}}\nlayout: shop\n---\nx",
      "layouts/shop.hbs": "{{frob 1}}{{> content}}{{shop.name}}",
    });
    const reads = templates.list.map(({ name, reads: of, isPartlyRead }) => [
      name,
      isPartlyRead,
      of?.map(({ path, isRequired }) => (isRequired ? path : `${path}?`)),
    ]);
    expect(reads).toEqual([
      ["hi", true, ["customer.nam", "entry.items", "entry.total"]],
      ["tag", true, ["customer.nam?", "shop.name?"]],
      ["open", true, undefined],
      ["in", true, ["customer.nam", "shop.name"]],
    ]);
  });
});

describe("front matter", () => {
  test.each([
    [
      "---\nsubjcet: Hi\nsubject: x\n---\nx",
      'hi.email.hbs:2 front matter has no "subjcet": did you mean "subject"?',
    ],
    [
      "---\nsubject: [a, b]\n---\nx",
      "hi.email.hbs:2 front matter subject: expected one line of text; put the value in quotes",
    ],
    ["---\nsubject: a: b: c\n---\nx", "hi.email.hbs:2 front matter: "],
    ["---\n- a\n---\nx", 'hi.email.hbs:2 expected front matter such as "subject: …"'],
    ["---\nsubject: Hi\nx", 'front matter begins with "---" and is never closed'],
    ["---\nfrom: x\n---\nx", "an e-mail needs a subject"],
    ["---\nfrom: x\nsubject: Hi {{nmae | }}\n---\nx", "hi.email.hbs:3 expected a complete"],
    [
      "---\nsubject: x\nlayout: shp\n---\nx",
      'hi.email.hbs:3 found no layout "shp": did you mean "shop"?',
    ],
  ])("%j", async (content, expected) => {
    const found = await mistakesOf({
      "hi.email.hbs": content,
      "layouts/shop.hbs": "{{> content}}",
    });
    expect(found[0]).toContain(expected);
  });
});

test("front matter that cannot be read has one mistake, which says what to do", async () => {
  const content = '---\nsubject: "Hi {{default customer.first_name "you"}}"\n---\nx';
  expect(await mistakesOf({ "hi.email.hbs": content })).toEqual([
    "hi.email.hbs:2 front matter: Unexpected scalar at node end; a value with {{…}} needs no quotes around it, leave them out",
  ]);
});

test("layouts and partials have mistakes of their own, told once however many templates use them", async () => {
  const found = await mistakesOf({
    "a.email.hbs": "---\nsubject: x\nlayout: shop\n---\nx",
    "b.email.hbs": "---\nsubject: x\nlayout: shop\n---\nx{{> round}}",
    "layouts/shop.hbs": "<b>\n{{frob 1}}</b>",
    "partials/round.hbs": "{{> square}}",
    "partials/square.hbs": "{{> round}}",
    "partials/content.hbs": "x",
  });
  expect(found).toEqual([
    'partials/content.hbs:1 "content" names a part of layouts: rename this partial'.replace(
      "partials/",
      "partials/",
    ),
    "partials/round.hbs:1 this partial includes itself: round > square > round",
    "partials/square.hbs:1 this partial includes itself: square > round > square",
    expect.stringMatching(/^layouts\/shop\.hbs:2 found no helper "frob"/),
    "layouts/shop.hbs:1 expected {{> content}}, where the template goes, found none",
  ]);
});

test("MJML mistakes name the file and line they stand in, though they show in the whole", async () => {
  const layout = "<mjml><mj-body>\n{{> content}}\n</mj-body></mjml>";
  const bodies: readonly (readonly [string, string])[] = [
    [
      "<mj-section>\n<mj-foo></mj-foo></mj-section>",
      "hi.email.hbs:6 MJML: Element mj-foo doesn't exist or is not registered",
    ],
    [
      "\n<mj-section><mj-column></mj-section>",
      "hi.email.hbs:6 expected </mj-column>, found </mj-section>",
    ],
    [
      "<mj-section>\n{{customer.name}}</mj-section>",
      "hi.email.hbs:6 a value stands directly in <mj-section>, where MJML drops text: put it into <mj-text>",
    ],
  ];
  for (const [body, expected] of bodies) {
    const content = `---\nsubject: x\nlayout: shop\n---\n${body}`;
    expect((await mistakesOf({ "hi.email.hbs": content, "layouts/shop.hbs": layout }))[0]).toBe(
      expected,
    );
  }
});

test("files that are no templates are named", async () => {
  expect(await mistakesOf({ "thanks.hbs": "x", "a.email.txt.hbs": "x" })).toEqual([
    "thanks.hbs:1 expected a file name such as thank-you.email.hbs or thank-you.email.de.hbs",
    "a.email.txt.hbs:1 a text part needs its e-mail: found no templates/a.email.hbs",
  ]);
});

test("a bad template does not keep the good ones from being rendered", async () => {
  const { templates, mistakes } = await read({
    "good.sms.hbs": "Hi",
    "bad.sms.hbs": "{{#if",
    "uses.sms.hbs": "{{> bad}}",
    "partials/bad.hbs": "{{x",
  });
  expect(mistakes.map(({ file }) => file)).toEqual([
    "templates/partials/bad.hbs",
    "templates/bad.sms.hbs",
  ]);
  expect(templates.render("good", "sms", null, {}, String).text).toBe("Hi");
  expect(templates.has("bad", "sms")).toBe(true);
  expect(() => templates.render("bad", "sms", null, {}, String)).toThrow(
    /templates\/bad\.sms\.hbs:1/,
  );
  expect(() => templates.render("uses", "sms", null, {}, String)).toThrow(
    /templates\/partials\/bad\.hbs:1/,
  );
});
