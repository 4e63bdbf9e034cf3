import type { Mistake } from "../errors.ts";

/** A piece of template text and where it stands: `line` is the line of its first character in `file`. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** The fields of front matter, in the words an operator writes. */
export const fieldNames = ["subject", "preheader", "from", "reply-to", "layout", "class"] as const;
/** What `class` can say: the journeys a template is for. */
export const classes = ["marketing", "transactional"] as const;
export type FieldName = (typeof fieldNames)[number];
export type Fields = Readonly<Partial<Record<FieldName, Source>>>;

/** One `<name>.<channel>[.<locale>].hbs` as read, nothing compiled. */
export interface TemplateSource {
  readonly name: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly fields: Fields;
  readonly body: Source;
  /** Written by hand in `<name>.email[.<locale>].txt.hbs`; without it the text part is derived from the HTML. */
  readonly text: Source | null;
}

/** What templates are made with. */
export interface SharedSources {
  readonly layouts: ReadonlyMap<string, Source>;
  readonly partials: ReadonlyMap<string, Source>;
}

/** A mistake at an offset of a source. */
export function mistakeAt(source: Source, offset: number, message: string, path = ""): Mistake {
  const before = source.text.slice(0, offset).split("\n");
  return {
    file: source.file,
    line: source.line + before.length - 1,
    column: (before.at(-1) ?? "").length + 1,
    path,
    message,
  };
}

/** The offset of a line (from 1) and column (from 0), as Handlebars counts them. */
export function offsetOf(
  text: string,
  position: { readonly line: number; readonly column: number },
): number {
  let start = 0;
  for (let line = 1; line < position.line; line++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  return Math.min(start + position.column, text.length);
}
