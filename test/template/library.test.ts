import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MistakesError } from "../../src/errors.ts";
import { loadTemplates, readTemplates } from "../../src/template/load-templates.ts";
import { read, shop } from "./write-templates.ts";

const track = String;

test("the locale falls back from region to language to the file without one", async () => {
  const { templates } = await read({
    "hi.sms.hbs": "all",
    "hi.sms.de.hbs": "de",
    "hi.sms.pt_BR.hbs": "pt-BR",
  });
  const text = (locale: string | null): string =>
    templates.render("hi", "sms", locale, {}, track).text;
  expect(["de-AT", "de", "de_CH", "DE"].map(text)).toEqual(["de", "de", "de", "de"]);
  expect(["pt-BR", "pt-br"].map(text)).toEqual(["pt-BR", "pt-BR"]);
  expect(["pt", "fr", "", null, "no such locale"].map(text)).toEqual([
    "all",
    "all",
    "all",
    "all",
    "all",
  ]);
});

test("without a file for everyone the shop's language serves, and else the gap is told", async () => {
  const { templates } = await read({
    "a.sms.en.hbs": "en",
    "a.sms.de.hbs": "de",
    "b.sms.de.hbs": "de",
  });
  expect(templates.render("a", "sms", "fr", {}, track).text).toBe("en");
  expect(() => templates.render("b", "sms", "fr", {}, track)).toThrow(
    'template "b" for sms is written in de only: add b.sms.hbs for everyone else',
  );
});

test("a template that is not there is named with its near miss", async () => {
  const { templates } = await read({ "thank-you.sms.hbs": "x" });
  expect(templates.has("thank-you", "sms")).toBe(true);
  expect(templates.has("thank-you", "email")).toBe(false);
  expect(() => templates.render("thank-yuo", "sms", null, {}, track)).toThrow(
    'did you mean "thank-you"?',
  );
  expect(() => templates.render("thank-you", "email", null, {}, track)).toThrow(
    "create thank-you.email.hbs",
  );
});

test("a text without a subject has none, and no HTML", async () => {
  const { templates } = await read({
    "hi.letter.hbs": "\uFEFF---\r\nsubject: Dear {{name}}\r\n---\r\n\r\nText\r\n",
  });
  expect(templates.render("hi", "letter", null, { name: "Ann" }, track)).toEqual({
    subject: "Dear Ann",
    preheader: null,
    from: null,
    replyTo: null,
    html: null,
    text: "Text",
  });
});

test("a folder is read with its layouts and partials; strictly, all its mistakes are thrown at once", async () => {
  const folder = join(await mkdtemp(join(tmpdir(), "waypost-")), "templates");
  try {
    await mkdir(join(folder, "partials"), { recursive: true });
    await writeFile(join(folder, "partials", "name.hbs"), "Ann");
    await writeFile(join(folder, "good.sms.hbs"), "Hi {{> name}}");
    await writeFile(join(folder, "README.md"), "{{not a template");
    expect((await loadTemplates(folder, shop)).render("good", "sms", null, {}, track).text).toBe(
      "Hi Ann",
    );
    await writeFile(join(folder, "a.sms.hbs"), "{{#if");
    await writeFile(join(folder, "b.sms.hbs"), "\n{{frob 1}}");
    const refused: unknown = await loadTemplates(folder, shop).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(MistakesError);
    expect(String(refused)).toMatch(
      /templates\/a\.sms\.hbs:1[^\n]*\n[^\n]*templates\/b\.sms\.hbs:2/,
    );
    const { templates, mistakes } = await readTemplates(folder, shop);
    expect([mistakes.length, templates.render("good", "sms", null, {}, track).text]).toEqual([
      2,
      "Hi Ann",
    ]);
  } finally {
    await rm(join(folder, ".."), { recursive: true });
  }
});

test("a folder that is not there is a mistake, not a crash", async () => {
  const { mistakes } = await readTemplates("/nowhere/templates", shop);
  expect(mistakes[0]?.message).toBe("expected a folder of templates, found none");
});
