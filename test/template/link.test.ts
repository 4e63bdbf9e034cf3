import { describe, expect, test } from "vitest";
import { email, html, sms } from "./write-templates.ts";

function tracker(): { readonly urls: string[]; readonly track: (url: string) => string } {
  const urls: string[] = [];
  return { urls, track: (url) => `https://t.example/?n=${urls.push(url)}&x="` };
}

const variables = {
  event: { url: "https://shop.example/p?a=1&b='x'", query: "tea & cups" },
  unsubscribe_url: "https://w.example/u",
  preferences_url: "https://w.example/p",
  shop: { url: "https://shop.example", email: "hi@shop.example" },
};

describe("tracked, with the final unescaped address, and escaped again", () => {
  test.each([
    ['<a href="{{event.url}}">x</a>', "https://shop.example/p?a=1&b='x'"],
    [
      "<a class=b href='https://a.example/?x=1&amp;y={{encode event.query}}'>x</a>",
      "https://a.example/?x=1&y=tea%20%26%20cups",
    ],
    ["<a href=https://a.example/z>x</a>", "https://a.example/z"],
    ['<A HREF=" {{shop.url}}/a b ">x</A>', "https://shop.example/a%20b"],
    ['<a href="{{#if event.none}}x{{else}}{{shop.url}}/{{/if}}">x</a>', "https://shop.example/"],
    ['<a href="{{default event.none shop.url}}">x</a>', "https://shop.example"],
    ['<a href="{{link event.url}}">x</a>', "https://shop.example/p?a=1&b='x'"],
    ['{{link event.url "Go <on>"}}', "https://shop.example/p?a=1&b='x'"],
    ['<area href="https://a.example/z">', "https://a.example/z"],
  ])("%s", async (body, url) => {
    const { urls, track } = tracker();
    const rendered = await email(body, variables, { track });
    expect(new Set(urls)).toEqual(new Set([url]));
    expect(rendered.html).toContain('href="https://t.example/?n=1&amp;x=&quot;"');
    expect(rendered.html).not.toContain("shop.example/p");
  });
});

test.each([
  '<a href="{{unsubscribe_url}}">Leave</a>',
  '<a href="{{preferences_url}}">Choose</a>',
  '{{link unsubscribe_url "Leave"}}',
  '<a href="mailto:{{shop.email}}">write</a>',
  '<a href="tel:+491234">call</a>',
  '<a href="#top">up</a>',
  '<a data-track="off" href="https://a.example/">x</a>',
  "<a href='https://a.example/' data-track=off>x</a>",
])("left alone: %s", async (body) => {
  const { urls, track } = tracker();
  const rendered = await html(body, variables, { track });
  expect(urls).toEqual([]);
  expect(rendered).not.toContain("data-track");
});

test.each([
  "javascript:alert(1)",
  " JavaScript:alert(1)",
  "java\nscript:x",
  "data:text/html,x",
  "vbscript:x",
  "/relative",
  "",
  "https://",
])("an address that is none is an error: %j", async (url) => {
  const rendering = html('<a href="{{event.url}}">x</a>', { event: { url } });
  await expect(rendering).rejects.toThrow(
    url === ""
      ? 'templates/hi.email.hbs:4: event.url: expected an address such as "https://…" for a link, found nothing'
      : 'templates/hi.email.hbs:4: event.url: expected an address such as "https://…" for a link, found another text',
  );
});

test.each([
  ['<a href="/me/{{encode event.who}}">x</a>', "encode event.who"],
  ['<a href="{{default event.none event.who}}">x</a>', "default event.none event.who"],
  ['<a href="{{#if event.who}}{{event.who}}{{/if}}">x</a>', "event.who"],
  ['<a href="{{link event.who}}">x</a>', "link event.who"],
  ['{{link event.who "Go"}}', 'link event.who "Go"'],
])(
  "an address that is none is told by its place, never by what is in it: %s",
  async (body, place) => {
    const rendering = html(body, { event: { who: "ann.secret" } });
    await expect(rendering).rejects.toThrow(`hi.email.hbs:4: ${place}: expected an address`);
    await expect(rendering).rejects.not.toThrow(/secret/);
  },
);

test("an address that is none and was written into the template is shown", async () => {
  await expect(html('<a href="/cart">x</a>', {})).rejects.toThrow('for a link, found "/cart"');
});

test("an address among conditional attributes is tracked and checked too", async () => {
  const { urls, track } = tracker();
  const body =
    '<a {{#if event.url}}href="{{event.url}}"{{/if}} class="{{#if event.none}}a{{else}}b{{/if}}">x</a>';
  expect(await html(body, { event: { url: "https://a.example/" } }, { track })).toMatch(
    /<a href="https:\/\/t\.example\/[^>]* class="b">/,
  );
  expect(urls[0]).toBe("https://a.example/");
  await expect(html(body, { event: { url: "javascript:x" } })).rejects.toThrow(
    /expected an address/,
  );
});

test("MJML buttons are tracked, in the HTML and in the text", async () => {
  const { urls, track } = tracker();
  const body = `<mjml><mj-body><mj-section><mj-column><mj-button href="{{shop.url}}/b?x={{default event.none "1"}}">Buy</mj-button>
    <mj-button data-track="off" href="{{shop.url}}/quiet">Quiet</mj-button></mj-column></mj-section></mj-body></mjml>`;
  const rendered = await email(body, variables, { track });
  expect(urls).toEqual(["https://shop.example/b?x=1", "https://shop.example/b?x=1"]);
  expect(rendered.html).toContain('href="https://shop.example/quiet"');
  expect(rendered.text).toBe(
    'Buy <https://t.example/?n=2&x=">\n\nQuiet <https://shop.example/quiet>',
  );
});

test("an address that the text part shows as it stands is tracked there", async () => {
  const { urls, track } = tracker();
  const { text, html: page } = await email(
    "<p>Visit https://a.example/?x=1&amp;y={{event.query}}.</p>",
    { event: { query: "z" } },
    { track },
  );
  expect(urls).toEqual(["https://a.example/?x=1&y=z"]);
  expect(text).toBe('Visit https://t.example/?n=1&x=".');
  expect(page).toContain("https://a.example/?x=1&amp;y=z");
});

test("an SMS tracks what {{link}} shows and nothing else", async () => {
  const { urls, track } = tracker();
  expect(
    await sms(
      '{{shop.url}} {{link event.url}} {{link shop.url "Shop"}} https://a.example',
      variables,
      { track },
    ),
  ).toBe(
    'https://shop.example https://t.example/?n=1&x=" Shop: https://t.example/?n=2&x=" https://a.example',
  );
  expect(urls).toEqual([variables.event.url, "https://shop.example"]);
});
