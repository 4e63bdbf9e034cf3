import { describe, expect, test } from "vitest";
import type { VariableRead } from "../../src/template/template.ts";
import { email, html, read, sms } from "./write-templates.ts";

const ann = { customer: { first_name: "Ann", last_name: null, nick: "" } };

describe("a missing variable", () => {
  test.each([
    ["Hi {{customer.name}}", "templates/hi.sms.hbs:1: customer.name is missing"],
    ["\n\nHi {{coupon.code}}", "templates/hi.sms.hbs:3: coupon.code is missing"],
    ["{{customer.first_name.short}}", "customer.first_name.short is missing"],
    ["{{money event.total}}", "event.total is missing"],
    ["{{#each event.items}}x{{/each}}", "event.items is missing"],
    ["{{#with customer}}{{name}}{{/with}}", "customer.name is missing"],
    ["{{#each list}}{{name}}{{/each}}", "list[].name is missing"],
    ["{{#each list as |one|}}{{#if 1}}{{one.name}}{{/if}}{{/each}}", "list[].name is missing"],
    ["{{#each list}}{{../nothing}}{{/each}}", ": nothing is missing"],
    ["{{#each list}}{{@root.shop.url}}{{/each}}", "shop.url is missing"],
    [
      "{{> greet who=customer.nickname}}",
      "(templates/partials/greet.hbs:2): customer.nickname is missing",
    ],
    ["{{toString}}", "toString is missing"],
    ["{{customer.constructor}}", "customer.constructor is missing"],
    ["{{customer.__proto__}}", "customer.__proto__ is missing"],
  ])("%s", async (body, expected) => {
    const files = { "partials/greet.hbs": "Hello\n{{who}}" };
    const rendering = sms(body, { ...ann, list: [{}] }, { files });
    await expect(rendering).rejects.toMatchObject({ code: "WAYPOST_TEMPLATE" });
    await expect(rendering).rejects.toThrow(expected);
  });

  test("in front matter names its line", async () => {
    const rendering = email("---\nfrom: x@y.example\nsubject: Hi {{customer.name}}\n---\nx", ann);
    await expect(rendering).rejects.toThrow("templates/hi.email.hbs:3: customer.name is missing");
  });

  test("in MJML names the line of its file", async () => {
    const files = {
      "layouts/shop.hbs":
        "<mjml><mj-body>\n{{> content}}\n<mj-section><mj-column><mj-text>{{shop.name}}</mj-text></mj-column></mj-section></mj-body></mjml>",
    };
    const rendering = html("---\nsubject: x\nlayout: shop\n---\n<p>Hi</p>", {}, { files });
    await expect(rendering).rejects.toThrow(
      "templates/hi.email.hbs (templates/layouts/shop.hbs:3): shop.name is missing",
    );
  });
});

describe("what may be absent", () => {
  test.each([
    ['Hi {{default customer.name "there"}}', "Hi there"],
    ['Hi {{default customer.last_name customer.nick "there"}}', "Hi there"],
    ["{{#if event.coupon.code}}a{{else}}b{{/if}}", "b"],
    ["{{#unless event.coupon}}b{{/unless}}", "b"],
    ["{{#if (and event.coupon customer.first_name)}}a{{else}}b{{/if}}", "b"],
    ["{{#if (or event.coupon customer.first_name)}}a{{/if}}", "a"],
    ['{{#if (not (eq customer.first_name "Bob"))}}a{{/if}}', "a"],
    ["{{#if (gt event.total 5)}}a{{else if (lt customer.age 5)}}b{{else}}c{{/if}}", "c"],
    ["{{#with event.coupon}}a{{else}}b{{/with}}", "b"],
    [
      "[{{customer.last_name}}{{customer.nick}}{{money customer.last_name}}{{date customer.last_name}}]",
      "[]",
    ],
    ["{{#each customer.last_name}}a{{else}}none{{/each}}", "none"],
  ])("%s", async (body, expected) => {
    expect(await sms(body, ann)).toBe(expected);
  });
});

test("an object where text is expected is an error, not [object Object]", async () => {
  await expect(sms("{{customer}}", ann)).rejects.toThrow(
    "hi.sms.hbs:1: customer: expected text or a number, found an object; name one of its fields",
  );
});

test("what a template reads are the full paths it reads, through layout, partials and lists", async () => {
  const { templates } = await read({
    "hi.email.hbs":
      "---\nsubject: Hi {{customer.first_name}}\nlayout: shop\n---\n{{#each event.items as |item|}}{{item.name}}{{> price amount=price}}{{@index}}{{/each}}{{plural event.items.length 'a' 'b'}}{{#if event.coupon}}x{{/if}}{{event.items.[0].name}}",
    "layouts/shop.hbs":
      "{{> content}} {{shop.name}} {{unsubscribe_url}} {{#with account}}{{name}}{{/with}}",
    "partials/price.hbs": "{{money amount @root.event.currency}}{{default label ''}}",
  });
  expect(templates.list[0]?.reads?.map(({ path }) => path)).toEqual([
    "account",
    "account.name",
    "customer.first_name",
    "event.coupon",
    "event.currency",
    "event.items",
    "shop.name",
    "unsubscribe_url",
  ]);
  expect(templates.list[0]?.reads).toContainEqual({
    path: "event.currency",
    file: "templates/partials/price.hbs",
    line: 1,
    isRequired: true,
  });
});

test("what a template requires is what it says without asking, and it may say for which journeys it is", async () => {
  const { templates, mistakes } = await read({
    "hi.email.hbs":
      "---\nsubject: Hi {{customer.first_name}}\nclass: transactional\n---\n{{entry.total}}{{#if voucher}}{{voucher.code}}{{/if}}{{default entry.note ''}}",
    "any.sms.hbs": "{{#if voucher.code}}{{voucher.code}} till {{voucher.expires_at}}{{/if}}",
    "this.sms.hbs":
      "{{#with (default event.a event.b)}}{{code}}{{/with}}{{#each event.items}}{{this}}{{/each}}",
    "bad.sms.hbs": "---\nclass: advertising\n---\nHi",
  });
  const required = (reads: readonly VariableRead[] | null) =>
    (reads ?? []).filter(({ isRequired }) => isRequired).map(({ path }) => path);
  expect(
    templates.list.map(({ name, reads, class: of }) => [name, of, ...required(reads)]),
  ).toEqual([
    ["hi", "transactional", "customer.first_name", "entry.total"],
    ["any", null],
    ["this", null, "event.items"],
    ["bad", null],
  ]);
  expect(mistakes).toMatchObject([
    { line: 2, message: 'class: expected marketing or transactional, found "advertising"' },
  ]);
});

test("who asks about a part of the entry, a voucher or an answer has asked about the rest of it", async () => {
  const requiredBy = async (body: string) => {
    const { templates } = await read({ "hi.sms.hbs": body });
    const reads = templates.list[0]?.reads ?? [];
    return reads.filter(({ isRequired }) => isRequired).map(({ path }) => path);
  };
  expect(await requiredBy("{{#if voucher.code}}{{date voucher.expires_at}}{{/if}}")).toEqual([]);
  expect(await requiredBy("{{#with call.a.b}}{{c}} {{@root.call.a.d}}{{/with}}")).toEqual([]);
  expect(await requiredBy("{{#if (gt entry.a 1)}}{{#each entry.b}}{{c}}{{/each}}{{/if}}")).toEqual(
    [],
  );
  expect(await requiredBy("{{#if voucher.code}}x{{/if}}{{voucher.expires_at}}")).toEqual([
    "voucher.expires_at",
  ]);
  expect(await requiredBy("{{#if voucher.code}}{{else}}{{voucher.expires_at}}{{/if}}")).toEqual([
    "voucher.expires_at",
  ]);
  expect(await requiredBy("{{#if (not entry.a)}}{{entry.b}}{{/if}}")).toEqual(["entry.b"]);
  expect(await requiredBy("{{#if call.a.b}}{{call.c.d}}{{customer.city}}{{/if}}")).toEqual([
    "call.c.d",
    "customer.city",
  ]);
});

test("a partial's arguments hide the variables around it, and its context is the one given", async () => {
  const files = {
    "partials/card.hbs": "{{name}}:{{customer.first_name}};",
    "partials/bare.hbs": "{{name}};",
  };
  const variables = { ...ann, name: "root", item: { name: "item" } };
  expect(
    await sms(
      "{{> card}}{{> card name='given'}}{{> card name=item.name}}{{> bare item}}",
      variables,
      { files },
    ),
  ).toBe("root:Ann;given:Ann;item:Ann;item;");
});

test("a partial named in a comment is not taken in, and what a loop or a partial names stays inside it", async () => {
  const files = { "partials/card.hbs": "{{#each items}}{{label}}{{/each}}" };
  expect(await sms("{{!-- {{> card}} {{{x}}} --}}Hi{{!-- {{> card}} --}}", {}, { files })).toBe(
    "Hi",
  );
  const missing = sms("{{> card items=list label='x'}}", { list: [{}] }, { files });
  await expect(missing).rejects.toThrow("(templates/partials/card.hbs:1): list[].label is missing");
});

test("loops know their place, and lists of words and maps loop too", async () => {
  const body =
    "{{#each words}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}} {{#each map}}{{@key}}={{this}};{{/each}}";
  expect(await sms(body, { words: ["a", "b"], map: { x: 1, y: 0 } })).toBe("0a,1b x=1;y=0;");
});
