/** Every error Waypost raises, by its stable code, with what it tells the reader. `docs/errors.md` holds the same table. */
export const errorCodes = {
  WAYPOST_CONFIG: "the configuration file or an environment variable cannot be used",
  WAYPOST_DATABASE: "the database cannot be reached, started or migrated",
  WAYPOST_MISTAKES: "a file an operator wrote has mistakes",
  WAYPOST_IMPORT: "a file of data cannot be imported",
  WAYPOST_TEMPLATE: "a template cannot be compiled or rendered",
  WAYPOST_CHANNEL: "a channel cannot be set up",
  WAYPOST_CONDITION: "a condition cannot be compiled to SQL",
  WAYPOST_MIGRATION: "customers cannot be moved to another version as the file says",
  WAYPOST_STALE: "what a plan was made for has moved in the meantime",
  WAYPOST_NOT_FOUND: "something named in a command or a request does not exist",
  WAYPOST_RESTORED:
    "the database was restored from a backup, or is a copy, and delivers nothing until that is confirmed",
  WAYPOST_REQUEST: "an HTTP request or a command line cannot be understood",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error for the person at the terminal or behind the request. `message` says where, what was expected, what was
 * found and what to do. Expected outcomes are returned, not thrown.
 */
export class WaypostError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "WaypostError";
    this.code = code;
  }
}

/** Does the work for one after the other, whatever fails for one of them. The first failure is thrown when all are through. */
export async function eachInTurn<One>(
  all: Iterable<One>,
  work: (one: One) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const one of all) await work(one).catch((thrown: unknown) => failures.push(thrown));
  if (failures.length > 0) throw failures[0];
}

/** One mistake in a file: where it stands, what was expected there and what was found. Lines and columns count from 1. */
export interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Path inside the file, such as `steps[2].wait`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}

/** `workflows/welcome.yaml:14 steps[2].wait: expected a duration such as "2 days", got "soon"` */
export function describeMistake(mistake: Mistake): string {
  const place = `${mistake.file}:${mistake.line}`;
  return mistake.path === ""
    ? `${place} ${mistake.message}`
    : `${place} ${mistake.path}: ${mistake.message}`;
}

/** All mistakes of one or several files at once. */
export class MistakesError extends WaypostError {
  readonly mistakes: readonly Mistake[];
  constructor(mistakes: readonly Mistake[]) {
    super("WAYPOST_MISTAKES", mistakes.map(describeMistake).join("\n"));
    this.name = "MistakesError";
    this.mistakes = mistakes;
  }
}

/** The text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The candidate closest to `word`, when it is close enough to be what was meant (edit distance at most a third). */
export function nearMiss(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Of a single letter nothing is left when it is edited, so it is near to nothing.
  let bestDistance = Math.min(word.length, Math.max(1, Math.floor(word.length / 3)) + 1);
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Letters to change, add, leave out or swap with their neighbour ("sned"): optimal string alignment, by rows. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforePrevious[j - 2] ?? 0) + 1 : replaced;
      current.push(Math.min(replaced, swapped, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
