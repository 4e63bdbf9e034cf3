import { expect, test } from "vitest";
import { shadowedVariables, unknownVariables } from "../../src/journey/check-variables.ts";
import { read } from "../template/write-templates.ts";
import { linesOf, required } from "./mistake-lines.ts";

const shop = ["name", "url"];

function mistakes(...reads: ReturnType<typeof required>[]) {
  const template = { name: "x", channel: "email", reads };
  // Of what two templates share it is told once.
  return linesOf(unknownVariables([template, template], shop));
}

const asked = (path: string) => ({ ...required(path), isRequired: false });

test.each([
  ["custmer.first_name", "did you mean {{customer.first_name}}?"],
  ["evnt.items", "did you mean {{event.items}}?"],
  ["firstname", "did you mean {{customer.first_name}}?"],
  ["unsubscribe_link", "did you mean {{unsubscribe_url}}?"],
  ["customer.frist_name", "did you mean {{customer.first_name}}?"],
  [
    "customer.surname",
    'customer has no "surname"; expected one of id, external_id, email, phone, first_name, last_name, locale, zone, country, city, postcode, birthday, created_at, updated_at, attributes; one of your own is {{customer.attributes.surname}}',
  ],
  [
    "account.x",
    'account has no "x"; expected one of id, external_id, name, domain, industry, employees, country, created_at, updated_at, attributes; one of your own is {{account.attributes.x}}',
  ],
  ["voucher.value", 'voucher has no "value"; expected one of code, expires_at'],
  ["journey.id", 'journey has no "id"; expected one of name'],
  ["now.year", "{{now}} has no parts"],
  [
    "task.ring",
    "templates know nothing of that name; they know customer, account, entry, event, voucher, call, journey, step, shop, unsubscribe_url, preferences_url, now",
  ],
  ["shop.nmae", "waypost.yaml gives shop no such key; did you mean {{shop.name}}?"],
  ["shop.colour", "waypost.yaml gives shop no such key"],
])("no journey can give a template {{%s}}", (path, why) => {
  expect(mistakes(required(path))).toEqual([`7 {{${path}}}: ${why}`]);
});

test("what is asked about first is found too, where it can never be", () => {
  expect(mistakes(asked("customer.surname"), asked("custmer.first_name"))).toEqual([
    expect.stringMatching(/^7 \{\{customer\.surname\}\}: customer has no/),
    "7 {{custmer.first_name}}: did you mean {{customer.first_name}}?",
  ]);
  // A partial may be given these, or not; and a shop need not say all of itself.
  expect(mistakes(asked("label"), asked("step"), asked("stop"), asked("shop.phone"))).toEqual([]);
});

test("what is open is open", () => {
  const open = ["customer.attributes.any.thing", "account.attributes.size", "entry.a", "event.a.b"];
  const more = ["call.score.value", "customer", "voucher", "now", "shop.url", "customer.id"];
  expect(mistakes(...[...open, ...more].map(required))).toEqual([]);
});

test("a variable that a list hides is doubtful, unless it is asked about or said from the top", async () => {
  const doubtsIn = async (body: string) => {
    const { templates, mistakes } = await read({ "hi.sms.hbs": body });
    return linesOf([...mistakes, ...shadowedVariables(templates.list)]);
  };
  expect(
    await doubtsIn(
      "{{#each entry.items}}\n{{name}} {{shop.name}}{{#each parts}}{{now}}{{/each}}{{/each}}",
    ),
  ).toEqual([
    "2 {{shop.name}} is a part of each entry of entry.items here; write {{@root.shop.name}} for the one outside",
    "2 {{now}} is a part of each entry of entry.items[].parts here; write {{@root.now}} for the one outside",
  ]);
  expect(
    await doubtsIn(
      "{{#each entry.items as |item|}}{{item.name}} {{@root.shop.name}} {{../shop.url}} {{step}} {{#if now}}{{now}}{{/if}}{{/each}} {{shop.name}}",
    ),
  ).toEqual([]);
});
