import { expect, test } from "vitest";
import { email, read } from "./write-templates.ts";

const items = [
  { name: "Cup", price: 7 },
  { name: "Pot", price: 42 },
];

async function text(body: string, variables: object = {}): Promise<string> {
  return (await email(body, { ...variables })).text;
}

test("paragraphs, headings, lists and links become plain text", async () => {
  const body = `<html><head><title>no</title><style>p{color:red}</style></head><body><h1>Hello</h1>
    <p>One &amp; <b>two</b><br>three</p><img src="https://a.example/i.png" alt="no"><ul><li>a</li><li>b</li></ul><p><a href="https://a.example/">go</a> on</p></body></html>`;
  expect(await text(body)).toBe(
    "Hello\n\nOne & two\nthree\n\n- a\n- b\n\ngo <https://a.example/> on",
  );
});

test("an address that is its own label is shown once", async () => {
  const body =
    '<a href="https://a.example/">https://a.example/</a>, <a href="mailto:{{shop}}">{{shop}}</a>, <a href="{{url}}">{{url}}</a>, <a href="#top">up</a>';
  expect(await text(body, { shop: "a@b.example", url: "https://c.example" })).toBe(
    "https://a.example/, a@b.example, https://c.example, up",
  );
});

test("loops keep their lines together and what is skipped leaves no gap", async () => {
  const body =
    "<p>You have</p><ul>{{#each items}}<li>{{name}}</li>{{/each}}</ul>{{#if none}}<p>no</p>{{/if}}<p>Bye</p>";
  expect(await text(body, { items })).toBe("You have\n\n- Cup\n- Pot\n\nBye");
  const rows =
    "<table>{{#each items}}<tr><td>{{name}}</td><td>{{price}}</td></tr>{{/each}}</table><p>Bye</p>";
  expect((await text(rows, { items })).replace(/ +$/gm, "")).toBe("Cup 7\nPot 42\n\nBye");
});

test("MJML is read as an author wrote it, not as the tables it becomes", async () => {
  const body = `<mjml><mj-head><mj-title>no</mj-title></mj-head><mj-body>{{#each items}}<mj-section><mj-column>
    <mj-image src="https://a.example/i.png" /><mj-text>{{name}}: {{price}}</mj-text></mj-column></mj-section>{{/each}}
    <mj-section><mj-column><mj-button href="https://a.example/">Buy</mj-button></mj-column></mj-section></mj-body></mjml>`;
  expect(await text(body, { items })).toBe("Cup: 7\n\nPot: 42\n\nBuy <https://a.example/>");
});

test("a text part written by hand takes the place of the derived one", async () => {
  const { templates, mistakes } = await read({
    "hi.email.hbs": "---\nsubject: x\n---\n<p>Derived</p>",
    "hi.email.txt.hbs": "By hand for {{name}}\n",
  });
  expect(mistakes).toEqual([]);
  expect(templates.render("hi", "email", null, { name: "A & B" }, String).text).toBe(
    "By hand for A & B",
  );
});
