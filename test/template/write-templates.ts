import { compileTemplates, type TemplatesRead } from "../../src/template/load-templates.ts";
import type { Rendered, TrackUrl, Variables } from "../../src/template/template.ts";

export const shop = { locale: "en", currency: "EUR", zone: "Europe/Berlin" };

/** Templates from `{ "hi.email.hbs": "…" }`, as if they stood in `templates/`. */
export function read(files: Readonly<Record<string, string>>): Promise<TemplatesRead> {
  const found = Object.entries(files).map(([name, content]) => ({
    path: `templates/${name}`,
    content,
  }));
  return compileTemplates(found, shop);
}

/** The mistakes of the files, each as `hi.email.hbs:3 what is wrong`. */
export async function mistakesOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { mistakes } = await read(files);
  return mistakes.map(
    ({ file, line, message }) => `${file.replace("templates/", "")}:${line} ${message}`,
  );
}

interface Writing {
  readonly locale?: string | null;
  readonly track?: TrackUrl;
  readonly files?: Readonly<Record<string, string>>;
}

const untracked: TrackUrl = (url) => url;

/** An e-mail of this body, rendered. */
export async function email(
  body: string,
  variables: Variables,
  writing: Writing = {},
): Promise<Rendered> {
  const content = body.startsWith("---") ? body : `---\nsubject: Hello\n---\n${body}`;
  return render("email", content, variables, writing);
}

export async function html(
  body: string,
  variables: Variables = {},
  writing: Writing = {},
): Promise<string> {
  return (await email(body, variables, writing)).html ?? "";
}

export async function sms(
  body: string,
  variables: Variables = {},
  writing: Writing = {},
): Promise<string> {
  return (await render("sms", body, variables, writing)).text;
}

async function render(
  channel: string,
  content: string,
  variables: Variables,
  { locale = null, track = untracked, files = {} }: Writing,
): Promise<Rendered> {
  const { templates, mistakes } = await read({ [`hi.${channel}.hbs`]: content, ...files });
  if (mistakes.length > 0) throw new Error(mistakes.map(({ message }) => message).join("\n"));
  return templates.render("hi", channel, locale, variables, track);
}
