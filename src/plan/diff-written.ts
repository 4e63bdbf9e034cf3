import { isDeepStrictEqual } from "node:util";

/** A key of a workflow file whose value is another: `body.email: customer.email -> customer.phone`. */
export interface WrittenChange {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

/**
 * What differs between two ways to write the same part of a file, key by key, without what two lines in words say
 * already: those leave out a call's body, the conditions of a switch, and the end of whatever is long.
 */
export function diffWritten(
  before: unknown,
  after: unknown,
  words: { readonly from: string; readonly to: string },
): readonly WrittenChange[] {
  const isTold = words.from !== words.to;
  return leaves("", before, after)
    .filter(({ was, is }) => !isTold || !isSaid(was, words.from) || !isSaid(is, words.to))
    .map(({ path, was, is }) => ({ path, from: flow(was), to: flow(is) }));
}

interface Leaf {
  readonly path: string;
  readonly was: unknown;
  readonly is: unknown;
}

function leaves(path: string, was: unknown, is: unknown): readonly Leaf[] {
  if (isDeepStrictEqual(was, is)) return [];
  if (isMapping(was) && isMapping(is)) {
    const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
    const under = (key: string) => (path === "" ? key : `${path}.${key}`);
    return [...keys].flatMap((key) => leaves(under(key), was[key], is[key]));
  }
  if (Array.isArray(was) && Array.isArray(is) && was.length === is.length && was.some(isMapping))
    return was.flatMap((one, index) => leaves(`${path}[${index}]`, one, is[index]));
  return [{ path, was, is }];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a line in words has all of a value. That something is true, it says in words of its own. */
function isSaid(value: unknown, line: string): boolean {
  if (value === undefined || value === null || typeof value === "boolean") return true;
  if (typeof value === "object") return Object.values(value).every((one) => isSaid(one, line));
  return line.split(plain(value)).some((_, nth, parts) => stands(parts, nth));
}

/** Whether what was split away between two parts is a word by itself: 1 is none in 10. */
function stands(parts: readonly string[], nth: number): boolean {
  const [left, right] = [parts[nth], parts[nth + 1]];
  return right !== undefined && !/\w$/.test(left ?? "") && !/^\w/.test(right);
}

/** As a file writes it on one line; what is not there is "none". */
function flow(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (isMapping(value))
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${flow(one)}`)
      .join(", ")} }`;
  return plain(value);
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
