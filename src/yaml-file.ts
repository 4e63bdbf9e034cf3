import {
  type Document,
  LineCounter,
  type YAMLParseError,
  isMap,
  isNode,
  isScalar,
  parseDocument,
} from "yaml";
import type { z } from "zod";
import { type Mistake, nearMiss } from "./errors.ts";

/** A YAML document that knows where each of its values stands. */
export interface YamlFile {
  readonly file: string;
  /** The document as plain JavaScript values; undefined when the text is not YAML. */
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** A mistake at a path inside the document (or at its nearest existing parent). */
  mistakeAt(path: readonly PropertyKey[], message: string): Mistake;
}

const longestText = 1_000_000;

/** Reads YAML 1.2 text. Duplicate keys, alias bombs and texts over 1 MB are mistakes, not exceptions. `firstLine` is where the text begins in its file. */
export function readYaml(text: string, file: string, firstLine = 1): YamlFile {
  const lines = new LineCounter();
  if (text.length > longestText)
    return unreadable(
      file,
      firstLine,
      `expected at most 1 MB of YAML, got ${text.length} characters`,
    );
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
  });
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: line + firstLine - 1, column: col };
  };
  // The reader of the library recurses, and says so of every level it could not close.
  if (document.errors.some((error) => error.message.startsWith("Maximum call stack")))
    return unreadable(file, firstLine, "not valid YAML: nested too deeply");
  const mistakes = document.errors.map((error): Mistake => ({
    file,
    ...placeOf(error.pos[0]),
    path: "",
    message: `not valid YAML: ${inOurWords(error, text)}`,
  }));
  if (mistakes.length > 0)
    return { file, value: undefined, mistakes, mistakeAt: nowhere(file, firstLine) };
  const value = plainValue(document);
  if (value instanceof Error)
    return unreadable(file, firstLine, `not valid YAML: ${value.message}`);
  return {
    file,
    value,
    mistakes: [],
    mistakeAt: (path, message) => ({
      file,
      ...placeOf(offsetOf(document, path)),
      path: writePath(path),
      message,
    }),
  };
}

/** The library's own words do not say which key it is. */
function inOurWords({ code, message, pos }: YAMLParseError, text: string): string {
  const key = /^(?:"[^"\n]*"|'[^'\n]*'|[^:\n]+)/.exec(text.slice(pos[0]))?.[0].trim();
  return code === "DUPLICATE_KEY" && key !== undefined
    ? `the key ${abridge(key)} is there twice; leave one out`
    : message;
}

/** Reads YAML text and checks it against a schema, with every mistake at its line. */
export function parseYaml<S extends z.ZodType>(
  text: string,
  file: string,
  schema: S,
): { readonly value: z.output<S> | undefined; readonly mistakes: readonly Mistake[] } {
  return checkYaml(readYaml(text, file), schema);
}

/** Checks what was read against a schema. */
export function checkYaml<S extends z.ZodType>(
  yaml: YamlFile,
  schema: S,
): { readonly value: z.output<S> | undefined; readonly mistakes: readonly Mistake[] } {
  if (yaml.mistakes.length > 0) return { value: undefined, mistakes: yaml.mistakes };
  const parsed = schema.safeParse(yaml.value ?? {});
  if (parsed.success) return { value: parsed.data, mistakes: [] };
  return {
    value: undefined,
    mistakes: parsed.error.issues.flatMap((issue) => mistakesOf(issue, yaml, schema)),
  };
}

function mistakesOf(issue: z.core.$ZodIssue, yaml: YamlFile, schema: z.ZodType): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const meant = nearMiss(key, known);
      const hint =
        meant === undefined ? `expected one of ${known.join(", ")}` : `did you mean "${meant}"?`;
      return yaml.mistakeAt([...issue.path, key], `unknown key "${key}"; ${hint}`);
    });
  }
  if (issue.code === "invalid_key")
    return [
      yaml.mistakeAt(issue.path, `${issue.issues[0]?.message}, got "${String(issue.path.at(-1))}"`),
    ];
  const found = valueAt(yaml.value, issue.path);
  return [
    yaml.mistakeAt(
      issue.path,
      `${issue.message.replace(/^Invalid input: /, "").replace(/, received .*$/, "")}, got ${show(found)}`,
    ),
  ];
}

/** A value as a mistake quotes it: in full when it is a short scalar. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") {
    const keys = Object.keys(value);
    return keys.length === 0 ? "an empty mapping" : `a mapping of ${abridge(keys.join(", "))}`;
  }
  return typeof value === "string" ? JSON.stringify(abridge(value)) : `${value as number}`;
}

export function abridge(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** The keys an object schema knows at a path, as far as objects and records can be followed. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const part of [...path, undefined]) {
    while (
      current !== null &&
      typeof current === "object" &&
      "unwrap" in current &&
      typeof current.unwrap === "function"
    )
      current = (current as { unwrap: () => unknown }).unwrap();
    if (part === undefined) break;
    const inner = current as {
      shape?: Record<string, unknown>;
      valueType?: unknown;
      element?: unknown;
    };
    current = inner.shape?.[String(part)] ?? inner.valueType ?? inner.element;
    if (current === undefined) return [];
  }
  return Object.keys((current as { shape?: object } | undefined)?.shape ?? {});
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (current === null || typeof current !== "object" || !Object.hasOwn(current, part))
      return undefined;
    current = (current as Record<PropertyKey, unknown>)[part];
  }
  return current;
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === last);
      if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

/** `steps[2].wait` */
function writePath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

function unreadable(file: string, line: number, message: string): YamlFile {
  const mistake: Mistake = { file, line, column: 1, path: "", message };
  return { file, value: undefined, mistakes: [mistake], mistakeAt: nowhere(file, line) };
}

function nowhere(file: string, line: number): YamlFile["mistakeAt"] {
  return (path, message) => ({ file, line, column: 1, path: writePath(path), message });
}
