import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { LRUCache } from "lru-cache";
import { MistakesError, reasonOf, type Mistake } from "../errors.ts";
import { checkShared, checkTemplate } from "./check-template.ts";
import { type CompiledTemplate, compileTemplate, filesOf } from "./compile-template.ts";
import { TemplateLibrary, type LibraryEntry, type TemplateOptions } from "./library.ts";
import { lookPast } from "./look-past.ts";
import type { SharedSources, TemplateSource } from "./source.ts";
import { aboutFile, sortFiles, type ReadFile } from "./template-file.ts";
import type { Templates } from "./template.ts";

export interface TemplatesRead {
  /** Those without mistakes can be rendered; to render another throws its mistakes. */
  readonly templates: Templates;
  readonly mistakes: readonly Mistake[];
}

/** The templates of a folder, or a MistakesError with every mistake of every file. */
export async function loadTemplates(folder: string, options: TemplateOptions): Promise<Templates> {
  const { templates, mistakes } = await readTemplates(folder, options);
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return templates;
}

/** The templates of a folder, and beside them the mistakes: one bad file does not keep the good ones from loading. */
export async function readTemplates(
  folder: string,
  options: TemplateOptions,
): Promise<TemplatesRead> {
  const files = await Promise.all(
    [folder, join(folder, "layouts"), join(folder, "partials")].map(readHbs),
  );
  const [own, layouts, partials] = files;
  if (own === null || own === undefined) {
    const mistake = aboutFile(folder, "expected a folder of templates, found none");
    return { templates: new TemplateLibrary([], options), mistakes: [mistake] };
  }
  const top = basename(folder);
  return compileTemplates(
    [
      ...own.map(([name, content]) => ({ path: `${top}/${name}`, content })),
      ...(layouts ?? []).map(([name, content]) => ({ path: `${top}/layouts/${name}`, content })),
      ...(partials ?? []).map(([name, content]) => ({ path: `${top}/partials/${name}`, content })),
    ],
    options,
  );
}

async function readHbs(folder: string): Promise<readonly (readonly [string, string])[] | null> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return null;
  const wanted = names.filter((name) => name.endsWith(".hbs")).toSorted();
  return Promise.all(
    wanted.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
  );
}

/** As `readTemplates`, from files already read; no disk is touched. */
export async function compileTemplates(
  files: readonly ReadFile[],
  options: TemplateOptions,
): Promise<TemplatesRead> {
  const { templates, shared, mistakes } = sortFiles(files);
  const mistaken = new Set(mistakes.map(({ file }) => file));
  const known = [
    ...mistakes,
    ...checkShared(shared),
    ...templates.flatMap((template) => checkTemplate(template, shared, mistaken)),
  ];
  const entries: LibraryEntry[] = [];
  for (const template of templates) entries.push(await compileEntry(template, shared, known));
  const all = [...known, ...entries.flatMap((entry) => entry.mistakes)];
  return { templates: new TemplateLibrary(entries, options), mistakes: withoutTwins(all) };
}

async function compileEntry(
  template: TemplateSource,
  shared: SharedSources,
  known: readonly Mistake[],
): Promise<LibraryEntry> {
  const files = filesOf(template, shared);
  const hash = hashOf(template, shared, files);
  const inherited = known.filter(({ file }) => files.has(file));
  if (inherited.length > 0) {
    const past = await lookPast(template, shared);
    return { template, hash, compiled: null, past, mistakes: [...inherited, ...past.mistakes] };
  }
  try {
    const compiled = await compileOnce(template, shared);
    return { template, hash, compiled, past: null, mistakes: [] };
  } catch (thrown) {
    const { file } = template.body;
    const mistakes =
      thrown instanceof MistakesError ? thrown.mistakes : [aboutFile(file, reasonOf(thrown))];
    return { template, hash, compiled: null, past: await lookPast(template, shared), mistakes };
  }
}

function hashOf(
  template: TemplateSource,
  { layouts, partials }: SharedSources,
  files: ReadonlySet<string>,
): string {
  const used = [...layouts.values(), ...partials.values()].filter(({ file }) => files.has(file));
  return createHash("sha256")
    .update(JSON.stringify([template, used]))
    .digest("hex");
}

/** A folder that is read again, at every save for one, has mostly what it had. */
const kept = new LRUCache<string, CompiledTemplate>({ max: 500 });

async function compileOnce(
  template: TemplateSource,
  shared: SharedSources,
): Promise<CompiledTemplate> {
  const key = JSON.stringify([template, [...shared.layouts], [...shared.partials]]);
  const compiled = kept.get(key) ?? (await compileTemplate(template, shared));
  kept.set(key, compiled);
  return compiled;
}

/** A layout's mistake shows in every template that uses it; it is told once. */
function withoutTwins(mistakes: readonly Mistake[]): readonly Mistake[] {
  return [...new Map(mistakes.map((mistake) => [JSON.stringify(mistake), mistake])).values()];
}
