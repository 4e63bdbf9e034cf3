import type { Mistake } from "../errors.ts";
import { normalize, readFrontMatter } from "./front-matter.ts";
import type { SharedSources, Source, TemplateSource } from "./source.ts";

/** A file below the templates folder, as read: `path` such as `templates/thank-you.email.hbs`. */
export interface ReadFile {
  readonly path: string;
  readonly content: string;
}

export interface FolderRead {
  readonly templates: readonly TemplateSource[];
  readonly shared: SharedSources;
  readonly mistakes: readonly Mistake[];
}

/** Tell templates, layouts and partials apart by where they stand and how they are called. */
export function sortFiles(files: readonly ReadFile[]): FolderRead {
  const layouts = new Map<string, Source>();
  const partials = new Map<string, Source>();
  const templates: TemplateSource[] = [];
  const texts: { readonly of: string; readonly source: Source }[] = [];
  const mistakes: Mistake[] = [];
  for (const { path, content } of files) {
    const [folder = "", base = ""] = path.split("/").slice(-2);
    const name = base.replace(/\.hbs$/, "");
    const whole: Source = { file: path, line: 1, text: normalize(content) };
    if (folder === "layouts") layouts.set(name, whole);
    else if (folder === "partials") partials.set(name, whole);
    else if (name.endsWith(".txt"))
      texts.push({ of: path.replace(/\.txt\.hbs$/, ".hbs"), source: whole });
    else {
      const read = readTemplate(path, name, content);
      mistakes.push(...read.mistakes);
      if (read.template !== null) templates.push(read.template);
    }
  }
  for (const text of texts) {
    const index = templates.findIndex(
      ({ body, channel }) => body.file === text.of && channel === "email",
    );
    const template = templates[index];
    if (template === undefined) {
      mistakes.push(
        aboutFile(text.source.file, `a text part needs its e-mail: found no ${text.of}`),
      );
    } else templates[index] = { ...template, text: text.source };
  }
  return { templates, shared: { layouts, partials }, mistakes };
}

const fileName =
  /^([A-Za-z0-9_-]+)\.([a-z][a-z0-9-]*)(?:\.([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*))?$/;

function readTemplate(
  path: string,
  base: string,
  content: string,
): { readonly template: TemplateSource | null; readonly mistakes: readonly Mistake[] } {
  const [whole, name = "", channel = "", locale] = fileName.exec(base) ?? [];
  if (whole === undefined) {
    const expected = "expected a file name such as thank-you.email.hbs or thank-you.email.de.hbs";
    return { template: null, mistakes: [aboutFile(path, expected)] };
  }
  const { fields, body, mistakes } = readFrontMatter(path, content);
  const named = { name, channel, locale: locale?.replaceAll("_", "-") ?? null };
  return { template: { ...named, fields, body, text: null }, mistakes };
}

export function aboutFile(file: string, message: string): Mistake {
  return { file, line: 1, column: 1, path: "", message };
}
