import Handlebars from "handlebars";
import { reasonOf, type Mistake } from "../errors.ts";
import { mistakeAt, offsetOf, type Source } from "./source.ts";

/** A source that can be parsed: as it is, or with blanks for what cannot be read, so that all else is checked at its place. */
export interface Repaired {
  readonly source: Source;
  readonly mistakes: readonly Mistake[];
  /** `tags`: some could not be read. `blocks`: what is inside of which block is not known. */
  readonly lost: "nothing" | "tags" | "blocks";
}

export function repairSource(source: Source): Repaired {
  if (fault(source.text) === undefined) return { source, mistakes: [], lost: "nothing" };
  const repair = new Repair(source);
  repair.tags();
  repair.blocks();
  const { text, mistakes, lost } = repair;
  const left = fault(text);
  if (left === undefined) return { source: { ...source, text }, mistakes, lost };
  const nothing = { ...source, text: source.text.replaceAll(/[^\n]/g, " ") };
  const known = mistakes.length > 0 ? mistakes : [parseMistake(source, left)];
  return { source: nothing, mistakes: known, lost: "blocks" };
}

function fault(text: string): unknown {
  try {
    Handlebars.parse(text);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

/** Handlebars reports either a located exception or jison's drawing; both become one sentence. */
function parseMistake(source: Source, thrown: unknown): Mistake {
  const reason = reasonOf(thrown);
  const exception = thrown as { readonly lineNumber?: number };
  const line = exception.lineNumber ?? Number(/on line (\d+)/.exec(reason)?.[1] ?? 1);
  const at = offsetOf(source.text, { line, column: 0 });
  const [, near = "", , expected = ""] = reason.split("\n");
  return expected === ""
    ? mistakeAt(source, at, reason.replace(/ - \d+:\d+$/, ""))
    : mistakeAt(source, at, `expected a complete {{…}}, found "${near.trim()}"`);
}

const comment = /\{\{~?!--[\s\S]*?--~?\}\}|\{\{~?![\s\S]*?\}\}/;
const tag = /\{\{\{\{?(?:"[^"]*"|'[^']*'|[^"'{}])*\}\}\}\}?|\{\{(?:"[^"]*"|'[^']*'|[^"'{}])*\}\}/;
const piece = new RegExp(`${comment.source}|(${tag.source})|(\\{\\{)`, "g");

interface Open {
  readonly at: number;
  readonly length: number;
  readonly name: string;
}

class Repair {
  text: string;
  readonly mistakes: Mistake[] = [];
  lost: Repaired["lost"] = "nothing";
  readonly #source: Source;
  constructor(source: Source) {
    this.#source = source;
    this.text = source.text;
  }

  /** What is no complete tag goes; of one that begins a block its name stays, so that its end is found. */
  tags(): void {
    for (const match of this.#source.text.matchAll(piece)) {
      const [, whole, loose] = match;
      if (loose !== undefined) this.#loose(match.index);
      if (whole === undefined || isReadable(whole)) continue;
      this.#note(match.index, `expected a complete {{…}}, found "${abridged(whole)}"`);
      const name = openName(whole);
      const left = name === undefined ? "" : `{{#${name}}}`;
      this.#put(match.index, whole.length, left.length <= whole.length ? left : "");
      this.#lose("tags");
    }
  }

  blocks(): void {
    const open: Open[] = [];
    for (const match of this.text.matchAll(piece)) {
      const [, whole = ""] = match;
      const place = { at: match.index, length: whole.length };
      const name = openName(whole);
      if (name !== undefined) open.push({ ...place, name });
      const closed = closeName(whole);
      if (closed === undefined) continue;
      const own = open.findLastIndex((one) => one.name === closed);
      if (own === -1) this.#misclosed({ ...place, name: closed }, open.pop());
      else for (const one of open.splice(own).slice(1)) this.#unclosed(one);
    }
    for (const one of open) this.#unclosed(one);
  }

  #unclosed(one: Open): void {
    this.#drop(one, `{{#${one.name}}} has no {{/${one.name}}}`);
  }

  #misclosed(end: Open, begin: Open | undefined): void {
    if (begin === undefined)
      return this.#drop(end, `{{/${end.name}}} ends nothing: found no {{#${end.name}}} before it`);
    this.#put(begin.at, begin.length, "");
    const line = this.#source.line + this.#source.text.slice(0, begin.at).split("\n").length - 1;
    this.#drop(
      end,
      `expected {{/${begin.name}}} for the block of line ${line}, found {{/${end.name}}}`,
    );
  }

  #drop({ at, length }: Open, message: string): void {
    this.#note(at, message);
    this.#put(at, length, "");
    this.#lose("blocks");
  }

  /** `{{` that no `}}` ends: what follows to the end of its line is not read. */
  #loose(at: number): void {
    const [line = ""] = this.#source.text.slice(at).split("\n");
    const end = line.indexOf("{{", 2);
    const found = end === -1 ? line : line.slice(0, end);
    this.#note(at, `expected a complete {{…}}, found "${abridged(found)}"`);
    this.#put(at, found.length, "");
    this.#lose(/^\{\{~?\s*[#/^]|^\{\{~?\s*else\b/.test(found) ? "blocks" : "tags");
  }

  #note(at: number, message: string): void {
    this.mistakes.push(mistakeAt(this.#source, at, message));
  }

  #put(at: number, length: number, left: string): void {
    const rest = this.text.slice(at + left.length, at + length).replaceAll(/[^\n]/g, " ");
    this.text = this.text.slice(0, at) + left + rest + this.text.slice(at + length);
  }

  #lose(what: "tags" | "blocks"): void {
    if (this.lost !== "blocks") this.lost = what;
  }
}

/** Whether a tag can be parsed by itself, with the end or the beginning that its block needs. */
function isReadable(whole: string): boolean {
  if (closeName(whole) !== undefined) return true;
  const name = openName(whole);
  if (name !== undefined) return fault(`${whole}{{/${name}}}`) === undefined;
  if (/^\{\{~?\s*(?:else\b|\^)/.test(whole)) return fault(`{{#if x}}${whole}{{/if}}`) === undefined;
  return whole.startsWith("{{{{") || fault(whole) === undefined;
}

/** `each` of `{{#each items}}`. */
function openName(whole: string): string | undefined {
  return /^\{\{~?\s*(?:#[*>]?|\^(?=\s*[^\s~}]))\s*([^\s~}(]+)/.exec(whole)?.[1];
}

function closeName(whole: string): string | undefined {
  return /^\{\{~?\s*\/\s*([^\s~}]+)\s*~?\}\}$/.exec(whole)?.[1];
}

function abridged(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
