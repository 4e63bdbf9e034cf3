import { type Mistake, nearMiss } from "../errors.ts";
import { type YamlFile, abridge, readYaml, show } from "../yaml-file.ts";
import type { Position, Reference } from "./reference.ts";

/** What reading a file collects on the way: its mistakes, and the names that other files must explain. */
export interface Findings {
  readonly mistakes: Mistake[];
  readonly references: Reference[];
}

/** A value of a YAML file that knows where it stands, so that what is wrong with it can be said right there. */
export class Place {
  readonly value: unknown;
  readonly #path: readonly (string | number)[];
  readonly #yaml: YamlFile;
  readonly #findings: Findings;

  constructor(
    value: unknown,
    path: readonly (string | number)[],
    yaml: YamlFile,
    findings: Findings,
  ) {
    this.value = value;
    this.#path = path;
    this.#yaml = yaml;
    this.#findings = findings;
  }

  get isMapping(): boolean {
    return typeof this.value === "object" && this.value !== null && !this.isList;
  }

  get isList(): boolean {
    return Array.isArray(this.value);
  }

  get position(): Position {
    const { message: _, ...position } = this.#yaml.mistakeAt(this.#path, "");
    return position;
  }

  /** The keys of a mapping as they are written; none for anything else. */
  get keys(): readonly string[] {
    return this.isMapping ? Object.keys(this.value as object) : [];
  }

  /** The value under a key; a place without a value where the key is missing, which is where to say so. */
  at(key: string | number): Place {
    const whole = typeof this.value === "object" && this.value !== null ? this.value : {};
    // Only what the file says: every object has a "constructor".
    const value: unknown = Object.hasOwn(whole, key) ? Reflect.get(whole, key) : undefined;
    return new Place(value, [...this.#path, key], this.#yaml, this.#findings);
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  /** This place with its own name as the value, to read that name like any other. */
  called(name: string): Place {
    return new Place(name, this.#path, this.#yaml, this.#findings);
  }

  get items(): readonly Place[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : [];
  }

  /** The line it stands on, from 1. */
  get line(): number {
    return this.#yaml.mistakeAt(this.#path, "").line;
  }

  /** Notes a mistake here. Returns undefined, which is what a reader returns for what it could not read. */
  wrong(message: string): undefined {
    this.#findings.mistakes.push(this.#yaml.mistakeAt(this.#path, message));
    return undefined;
  }

  expected(what: string): undefined {
    return this.wrong(`expected ${what}, got ${show(this.value)}`);
  }

  /** Notes that the key of this place means nothing here: the near miss among `known`, or the `choices` there are. */
  unknown(what: string, known: readonly string[], choices: readonly string[] = known): undefined {
    const word = String(this.#path.at(-1) ?? "");
    const meant = nearMiss(word, known);
    const hint =
      meant === undefined ? `expected one of ${choices.join(", ")}` : `did you mean "${meant}"?`;
    return this.wrong(`unknown ${what} "${abridge(word)}"; ${hint}`);
  }

  /** Notes a name that must exist elsewhere. */
  refer(reference: ReferenceHere): void {
    this.#findings.references.push({ ...reference, position: this.position });
  }
}

type ReferenceHere = Reference extends infer R
  ? R extends Reference
    ? Omit<R, "position">
    : never
  : never;

/** Deep enough for any journey a person would write, and shallow enough for every recursion over it. */
const deepest = 64;

/** Reads the text of a file and hands its root to `read`. What that found is a result only if there was no mistake. */
export function readPlaces<T>(
  text: string,
  file: string,
  read: (root: Place, findings: Findings) => T | undefined,
): Findings & { readonly found: T | undefined; readonly result: T | undefined } {
  const yaml = readYaml(text, file);
  const findings: Findings = { mistakes: [...yaml.mistakes], references: [] };
  if (yaml.mistakes.length > 0) return { ...findings, found: undefined, result: undefined };
  const root = new Place(yaml.value, [], yaml, findings);
  const found = isStorable(root, deepest) ? read(root, findings) : undefined;
  findings.mistakes.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ...findings, found, result: findings.mistakes.length > 0 ? undefined : found };
}

/** Whether the whole of it can be walked and kept as JSON in Postgres; if not, the first mistake is noted. */
function isStorable(place: Place, levels: number): boolean {
  const { value, keys, items } = place;
  if (typeof value === "object" && levels === 0)
    place.wrong(`nested more than ${deepest} levels deep`);
  else if (![value, ...keys].every(isCleanText))
    place.wrong("expected text without NUL characters and broken emoji");
  else return [...keys, ...items.keys()].every((key) => isStorable(place.at(key), levels - 1));
  return false;
}

function isCleanText(value: unknown): boolean {
  return typeof value !== "string" || (value.isWellFormed() && !value.includes("\0"));
}
