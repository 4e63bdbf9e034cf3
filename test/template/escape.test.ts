import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { email, html, read, sms } from "./write-templates.ts";

const hostile = [
  "{{constructor}}",
  "{{> x}}",
  "{{{{raw}}}}",
  "{{#if 1}}x{{/if}}",
  "<script>alert(1)</script>",
  `" onmouseover="x' y=\`z`,
  "qzv0vzq qzb1bzq",
  "$& $1 $$",
  "\\{{x}}",
];

describe.each(hostile)("the name %s", (name) => {
  const variables = { customer: { name } };

  test("is literal in subject, text and SMS", async () => {
    const rendered = await email(
      "---\nsubject: Hi {{customer.name}}!\n---\n<p>Hi {{customer.name}}!</p>",
      variables,
    );
    expect(rendered.subject).toBe(`Hi ${name}!`);
    expect(rendered.text).toBe(`Hi ${name}!`);
    expect(await sms("Hi {{customer.name}}!", variables)).toBe(`Hi ${name}!`);
  });

  test("is escaped in HTML, between tags and in attributes, quoted by the author or not", async () => {
    const rendered = await html(
      "<p>{{customer.name}}</p><img alt={{customer.name}} title='{{customer.name}}'>",
      variables,
    );
    const escaped = name
      .replace(/[&<>"'`=]/g, (sign) => `&#x${sign.codePointAt(0)?.toString(16).toUpperCase()};`)
      .replaceAll("&#x26;", "&amp;")
      .replaceAll("&#x3C;", "&lt;")
      .replaceAll("&#x3E;", "&gt;")
      .replaceAll("&#x22;", "&quot;");
    expect(rendered).toBe(`<p>${escaped}</p><img alt="${escaped}" title='${escaped}'>`);
  });
});

test("whatever a name holds, an SMS shows it and HTML holds no markup of it", async () => {
  const { templates } = await read({
    "hi.sms.hbs": "[{{name}}]",
    "hi.email.hbs": "---\nsubject: x\n---\n[{{name}}]",
  });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(templates.render("hi", "sms", null, { name }, String).text).toBe(`[${name}]`);
      const { html: page } = templates.render("hi", "email", null, { name }, String);
      expect(page).not.toMatch(/[<>"'`]/);
    }),
  );
});

test("quotes and ampersands stay as they are in a subject and an SMS", async () => {
  const variables = { name: "Tom & Ann's" };
  expect(
    await email("---\nsubject: '{{name}}'\npreheader: '{{name}}'\n---\nx", variables),
  ).toMatchObject({
    subject: "Tom & Ann's",
    preheader: "Tom & Ann's",
  });
  expect(await sms("{{name}}", variables)).toBe("Tom & Ann's");
});

test("a line break in a name begins no header", async () => {
  const variables = { name: "Ann\r\nBcc: all@example.com\u2028x\u0000" };
  const rendered = await email(
    "---\nsubject: Hi {{name}}\nfrom: '{{name}} <a@b.example>'\nreply-to: '{{name}}'\npreheader: '{{name}}'\n---\nx",
    variables,
  );
  expect(rendered).toMatchObject({
    subject: "Hi Ann Bcc: all@example.com x",
    from: "Ann Bcc: all@example.com x <a@b.example>",
    replyTo: "Ann Bcc: all@example.com x",
    preheader: "Ann Bcc: all@example.com x",
  });
});

test("keys named like prototypes are data like any other, and nothing inherited is read", async () => {
  const customer: unknown = JSON.parse(
    '{"__proto__": {"admin": "own"}, "constructor": "C", "name": "Ann"}',
  );
  const body =
    "{{customer.__proto__.admin}} {{customer.constructor}} {{#if customer.hasOwnProperty}}x{{/if}}{{#if customer.admin}}x{{/if}}";
  expect(await sms(body, { customer })).toBe("own C");
  expect(
    await sms("{{> p customer=customer}}", { customer }, { files: { "partials/p.hbs": body } }),
  ).toBe("own C");
  const inherited = { customer: Object.create({ name: "inherited" }) as unknown };
  await expect(sms("{{customer.name}}", inherited)).rejects.toThrow("customer.name is missing");
});

test("an object shaped like a template is never compiled", async () => {
  const ast = {
    type: "Program",
    body: [{ type: "ContentStatement", value: "pwned" }],
    toHTML: "pwned",
    call: "x",
  };
  await expect(sms("{{customer.name}}", { customer: { name: ast } })).rejects.toThrow(
    /expected text or a number/,
  );
  await expect(html("<p>{{default a 1}}</p>", { a: ast })).rejects.toThrow(
    /default a 1: expected text or a number/,
  );
  expect(await sms("{{#each a}}{{@key}};{{/each}}", { a: ast })).toBe("type;body;toHTML;call;");
});

test("literal braces of the author stay literal in HTML and text", async () => {
  const rendered = await email("<p>&#123;&#123;name}} &lt;b&gt;</p>", {});
  expect(rendered.text).toBe("{{name}} <b>");
});

test("a message that would be longer than 2 MB is an error", async () => {
  const words = Array.from({ length: 3000 }, () => "x".repeat(1000));
  await expect(sms("{{#each words}}{{this}}{{/each}}", { words })).rejects.toThrow(
    "templates/hi.sms.hbs: the message is longer than 2 MB",
  );
});
