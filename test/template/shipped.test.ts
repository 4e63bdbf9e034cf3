import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTemplates } from "../../src/template/load-templates.ts";
import type { Rendered } from "../../src/template/template.ts";
import { shop } from "./write-templates.ts";

const templates = await loadTemplates(join(import.meta.dirname, "../../templates"), shop);

const item = { sku: "T-1", name: "Tea pot", category: "kitchen", quantity: 2, price: "21.00" };
const items = [
  { ...item, url: "https://shop.example/p/tea-pot" },
  { ...item, name: "Cup", url: null },
];

function variablesFor(firstName: string | null): Record<string, unknown> {
  return {
    customer: { id: "1", first_name: firstName, locale: "en", zone: "Europe/London" },
    account: null,
    event: { order_id: "100234", basket_id: "b/7", total: 84, currency: "EUR", items },
    journey: { name: "shipped" },
    step: { id: "s" },
    shop: {
      name: "Fig & Fern",
      address: "12 Mill Lane, Leeds",
      url: "https://shop.example",
      support_email: "hi@shop.example",
    },
    unsubscribe_url: "https://w.example/u/1",
    preferences_url: "https://w.example/p/1",
    now: "2026-11-22T10:00:00Z",
  };
}

const files = templates.list.flatMap((file) => [
  { ...file, firstName: "Ann" },
  { ...file, firstName: null },
]);

function rendered({ name, channel, locale, firstName }: (typeof files)[number]): Rendered {
  const track = (): string => "https://track.example/c/0123456789abcdefghijkl";
  return templates.render(name, channel, locale, variablesFor(firstName), track);
}

test.each(files.filter(({ channel }) => channel === "email"))(
  "$file for $firstName has a subject, a way to leave, and a text that says the same",
  (file) => {
    const { subject, html, text } = rendered(file);
    expect(subject).toMatch(/^[^\s{].*[^\s]$/);
    expect(`${subject}${html}${text}`).not.toMatch(/\{\{|qz[vb]|undefined|null|\[object/);
    for (const part of [html, text]) expect(part).toContain("https://w.example/u/1");
    expect(text).toContain("12 Mill Lane");
    expect(text).toContain(file.firstName ?? "");
  },
);

test.each(files.filter(({ channel }) => channel === "sms"))(
  "$file for $firstName is one message of the GSM alphabet and says how to end them",
  (file) => {
    const { text } = rendered(file);
    expect(text).toMatch(/^[A-Za-z0-9 .,:;!?'"&%()/€$£@=_#+-]+$/);
    expect(text.length).toBeLessThanOrEqual(160);
    expect(text).toMatch(/Reply STOP to end$/);
  },
);

test("every template the shipped journeys send is there", () => {
  const emails = [
    "thank-you",
    "goes-well-with",
    "reminder-long",
    "basket-rescue",
    "we-miss-you",
    "we-miss-you-offer",
    "happy-birthday",
  ];
  const texts = [
    "thank-you",
    "reminder-short",
    "basket-last-call",
    "we-miss-you-offer",
    "happy-birthday",
  ];
  expect(emails.filter((name) => !templates.has(name, "email"))).toEqual([]);
  expect(texts.filter((name) => !templates.has(name, "sms"))).toEqual([]);
});

test("a win-back and a birthday need no event", () => {
  const { event: _, ...variables } = variablesFor("Ann");
  for (const name of ["we-miss-you", "we-miss-you-offer", "happy-birthday"]) {
    expect(templates.render(name, "email", "en", variables, String).subject).toContain("Ann");
  }
});

test("the German thank-you is German to its last line", () => {
  const { subject, text } = templates.render(
    "thank-you",
    "email",
    "de-DE",
    variablesFor("Ann"),
    String,
  );
  expect(subject).toBe("Vielen Dank, Ann! Ihre Bestellung ist in guten Händen");
  expect(text).toContain("Summe: 84,00 €");
  expect(text).toContain("Abmelden <https://w.example/u/1>");
});

test("the shipped templates read only what a journey gives", () => {
  const known =
    /^(?:customer|event|shop|voucher)\.[a-z_]+$|^voucher$|^(?:unsubscribe|preferences)_url$/;
  const unknown = templates.list.flatMap(({ reads }) =>
    (reads ?? []).filter(({ path }) => !known.test(path)),
  );
  expect(unknown).toEqual([]);
});
