import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { nearMiss, type Mistake } from "../errors.ts";
import { fieldNames, mistakeAt, type FieldName, type Fields, type Source } from "./source.ts";

export interface FrontMatterRead {
  readonly fields: Fields;
  readonly body: Source;
  readonly mistakes: readonly Mistake[];
}

const fence = /^---[ \t]*\n(?:([\s\S]*?)\n)?---[ \t]*(?:\n|$)/;

/** Split a template file into its YAML front matter and its body, both knowing their lines. */
export function readFrontMatter(file: string, content: string): FrontMatterRead {
  const whole: Source = { file, line: 1, text: normalize(content) };
  const found = fence.exec(whole.text);
  if (found === null) return { fields: {}, body: whole, mistakes: unfenced(whole) };
  const bodyLine = found[0].split("\n").length;
  const body = { file, line: bodyLine, text: whole.text.slice(found[0].length) };
  return { ...readFields({ file, line: 2, text: found[1] ?? "" }), body };
}

export function normalize(content: string): string {
  return content.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

function unfenced(whole: Source): Mistake[] {
  if (!whole.text.startsWith("---")) return [];
  return [
    mistakeAt(whole, 0, 'front matter begins with "---" and is never closed by another "---"'),
  ];
}

function readFields(source: Source): { fields: Fields; mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(quoteMustaches(source.text), { lineCounter: lines });
  const mistakes = document.errors.map(({ pos: [at], message }) =>
    mistakeAt(source, at, `front matter: ${reasonIn(message)}${remedyAt(source.text, at)}`),
  );
  if (document.contents === null || mistakes.length > 0) return { fields: {}, mistakes };
  if (!isMap(document.contents)) {
    return {
      fields: {},
      mistakes: [mistakeAt(source, 0, 'expected front matter such as "subject: …"')],
    };
  }
  const fields: Partial<Record<FieldName, Source>> = {};
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const at = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    const line = source.line + lines.linePos(at).line - 1;
    const text = fieldText(isScalar(value) ? value.value : value);
    const problem = problemOf(name, text);
    if (problem !== undefined)
      mistakes.push({ file: source.file, line, column: 1, path: "", message: problem });
    else if (text !== null)
      fields[name as FieldName] = { file: source.file, line, text: text ?? "" };
  }
  return { fields, mistakes };
}

/** Without the place, which is counted from the fence. */
function reasonIn(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?\s*$/, "").trim();
}

/** `subject: "Hi {{default customer.first_name "there"}}"` */
function remedyAt(yaml: string, at: number): string {
  const start = yaml.lastIndexOf("\n", at - 1) + 1;
  const [line = ""] = yaml.slice(start).split("\n");
  return /^[\w-]+:[ \t]+["'].*\{\{/.test(line)
    ? "; a value with {{…}} needs no quotes around it, leave them out"
    : "";
}

/** Null for an empty value, undefined for one that is no line of text. */
function fieldText(value: unknown): string | null | undefined {
  if (value === null) return null;
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** YAML would read `{{name}}, hello` as a map and ` # items` as a comment: a value with mustaches is quoted first. */
function quoteMustaches(yaml: string): string {
  return yaml.replace(
    /^([\w-]+:[ \t]+)((?!["'|>]).*\{\{.*)$/gm,
    (_, key: string, value: string) => `${key}'${value.trim().replaceAll("'", "''")}'`,
  );
}

function problemOf(name: string, text: string | null | undefined): string | undefined {
  if (!(fieldNames as readonly string[]).includes(name)) {
    const near = nearMiss(name, fieldNames);
    const hint = near === undefined ? `one of ${fieldNames.join(", ")}` : `"${near}"`;
    return `front matter has no "${name}": did you mean ${hint}?`;
  }
  if (text !== undefined) return undefined;
  return `front matter ${name}: expected one line of text; put the value in quotes`;
}
