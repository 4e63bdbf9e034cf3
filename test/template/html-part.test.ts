import { expect, test } from "vitest";
import { html } from "./write-templates.ts";

const page = "---\nsubject: Hi {{name}}\npreheader: For {{name}}\nlayout: page\n---\n";

test("a layout shows the template, its subject and its preheader", async () => {
  const files = { "layouts/page.hbs": "<title>{{> subject}}</title>{{> preheader}}|{{> content}}" };
  expect(await html(`${page}<b>{{name}}</b>`, { name: "A & B" }, { files })).toBe(
    "<title>Hi A &amp; B</title>For A &amp; B|<b>A &amp; B</b>",
  );
});

test("a preheader the layout does not show is hidden at the top", async () => {
  const files = { "layouts/page.hbs": '<html><body class="x">{{> content}}</body></html>' };
  expect(await html(`${page}Text`, { name: "<Ann>" }, { files })).toMatch(
    /^<html><body class="x"><div style="display:none[^"]*">For &lt;Ann&gt;<\/div>Text<\/body>/,
  );
});

test("styles are inlined at load, media queries stay, and mustaches survive among tables and quotes", async () => {
  const body = `<style>td { color: red } @media (max-width: 9px) { td { color: blue } }</style>
    <table>{{#each rows}}<tr><td title="{{default name "none"}}">{{name}}</td></tr>{{/each}}</table>`;
  const rendered = await html(body, { rows: [{ name: "a" }, { name: null }] });
  expect(rendered).toContain(
    '<td title="a" style="color: red;">a</td></tr><tr><td title="none" style="color: red;"></td></tr></table>',
  );
  expect(rendered).toContain("@media (max-width: 9px)");
});

test("MJML keeps blocks between its sections and within its tables", async () => {
  const body = `<mjml><mj-body>{{#each rows}}<mj-section><mj-column>{{#if name}}<mj-text>[{{name}}]</mj-text>{{/if}}
    <mj-table>{{#each cells}}<tr><td>{{this}}</td></tr>{{/each}}</mj-table></mj-column></mj-section>{{/each}}</mj-body></mjml>`;
  const rendered = await html(body, {
    rows: [
      { name: "a", cells: [1, 2] },
      { name: "", cells: [3] },
    ],
  });
  expect(rendered.match(/\[a\]|<td>\d<\/td>/g)).toEqual([
    "[a]",
    "<td>1</td>",
    "<td>2</td>",
    "<td>3</td>",
  ]);
  expect(rendered).not.toMatch(/mj-raw|qz[vb]|\{\{/);
});

test("a body of plain HTML becomes a section of an MJML layout, its partials included", async () => {
  const files = {
    "layouts/page.hbs": "<mjml><mj-body>{{> content}}</mj-body></mjml>",
    "partials/bye.hbs": "<p>Bye {{name}}</p>",
  };
  expect(await html(`${page}<p>Hi {{name}}</p>`, { name: "Ann" }, { files })).toMatch(
    /<table[\s\S]*<p>Hi Ann<\/p>/,
  );
  expect(await html(`${page}<p>Hi</p>{{> bye}}`, { name: "Ann" }, { files })).toMatch(
    /<table[\s\S]*<p>Hi<\/p><p>Bye Ann<\/p>/,
  );
});
