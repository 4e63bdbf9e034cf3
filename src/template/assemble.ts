import type { SharedSources, Source } from "./source.ts";

/** Layout, template and partials as one text, every line of which knows the file it came from. */
export interface Assembled {
  readonly text: string;
  readonly files: ReadonlySet<string>;
  /** Names of the partials and slots it took in. */
  readonly included: ReadonlySet<string>;
  /** The way a partial takes to include itself, `card > price > card`; there it is left out. */
  readonly cycle: string | null;
  placeOf(offset: number): { readonly file: string; readonly line: number };
}

interface Piece {
  readonly start: number;
  readonly source: Source;
  readonly from: number;
}

/** Partials that only a layout can name: the template's body, and the front matter it may show. */
export const layoutSlots = ["content", "subject", "preheader"] as const;
export type Slots = ReadonlyMap<string, Source>;

const comment = /\{\{~?!--[\s\S]*?--~?\}\}|\{\{~?![\s\S]*?\}\}/;
const partial =
  /\{\{~?>\s*(?:"([^"]+)"|'([^']+)'|\[([^\]]+)\]|([^\s}~]+))\s*((?:"[^"]*"|'[^']*'|[^"'}~])*)~?\}\}/;
const commentOrPartial = new RegExp(`${comment.source}|${partial.source}`, "g");

/** The same text with its comments blank, every other character where it was. */
export function blankComments(text: string): string {
  return text.replace(new RegExp(comment.source, "g"), (found) => found.replace(/[^\n]/g, " "));
}

/** Partials are spliced in as text, so that MJML and the text part see the whole; those with arguments become a block. */
export function assemble(
  source: Source,
  shared: SharedSources,
  slots: Slots,
  ...within: readonly string[]
): Assembled {
  const assembly = new Assembly(shared, slots);
  assembly.add(source, within);
  return assembly;
}

class Assembly implements Assembled {
  text = "";
  readonly files = new Set<string>();
  readonly included = new Set<string>();
  cycle: string | null = null;
  private readonly pieces: Piece[] = [];
  private readonly shared: SharedSources;
  private readonly slots: Slots;
  constructor(shared: SharedSources, slots: Slots) {
    this.shared = shared;
    this.slots = slots;
  }

  add(source: Source, within: readonly string[]): void {
    this.files.add(source.file);
    let done = 0;
    for (const match of source.text.matchAll(commentOrPartial)) {
      const name = match[1] ?? match[2] ?? match[3] ?? match[4];
      if (name === undefined) continue;
      this.append(source, done, source.text.slice(done, match.index));
      this.include(source, match.index, name, (match[5] ?? "").trim(), within);
      done = match.index + match[0].length;
    }
    this.append(source, done, source.text.slice(done));
  }

  placeOf(offset: number): { readonly file: string; readonly line: number } {
    const piece = this.pieces.findLast((candidate) => candidate.start <= offset) ?? this.pieces[0];
    if (piece === undefined) return { file: "", line: 1 };
    const upTo = piece.source.text.slice(0, piece.from + offset - piece.start);
    return { file: piece.source.file, line: piece.source.line + upTo.split("\n").length - 1 };
  }

  private include(
    source: Source,
    at: number,
    name: string,
    given: string,
    within: readonly string[],
  ): void {
    const included = this.slots.get(name) ?? this.shared.partials.get(name);
    if (included === undefined) return;
    if (within.includes(name)) {
      this.cycle = [...within.slice(within.indexOf(name)), name].join(" > ");
      return;
    }
    this.included.add(name);
    if (given === "") return this.add(included, [...within, name]);
    this.append(source, at, `{{#partial_ ${given}}}`);
    this.add(included, [...within, name]);
    this.append(source, at, "{{/partial_}}");
  }

  private append(source: Source, from: number, text: string): void {
    if (text === "") return;
    this.pieces.push({ start: this.text.length, source, from });
    this.text += text;
  }
}
