import { type Mistake, nearMiss } from "../errors.ts";
import type { Project } from "./read-project.ts";
import type { Position, Reference } from "./reference.ts";

/**
 * Events that look like slips of the pen: named once in all files, when another that they nearly are is known. Nobody
 * declares events, so these are warnings. With the names of the `happened` ones the net is wider.
 */
export function doubtfulEvents(
  { drafts: { journeys, segments } }: Project,
  happened: readonly string[] = [],
): readonly Mistake[] {
  const named = eventsIn([...journeys, ...segments]);
  const counts = new Map<string, number>();
  for (const { name } of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  const isLone = (name: string) =>
    counts.get(name) === 1 && name !== ours && !happened.includes(name);
  return named.flatMap(({ name, position }, index) => {
    if (!isLone(name)) return [];
    const meant = [ours, ...happened, ...counts.keys()].find((other) => isSlip(name, other));
    const twin = named.find((other) => other.name === meant && isLone(meant));
    if (twin !== undefined)
      return named.indexOf(twin) > index ? [] : [eitherOf(name, position, twin)];
    const guess = meant ?? nearMiss(name, happened);
    if (guess === undefined) return [];
    return [
      {
        ...position,
        message: `no other file knows the event "${name}"; did you mean "${guess}"?`,
      },
    ];
  });
}

/** Two that are each named once: which of them is meant nobody knows, so it is told once, with both places. */
function eitherOf(name: string, position: Position, twin: Reference): Mistake {
  const { file, line } = twin.position;
  return {
    ...position,
    message: `the event "${name}" is named here alone, and "${twin.name}" at ${file}:${line} alone; if one is meant, write it alike in both places`,
  };
}

/**
 * Events that a start, a goal, a stop or an await hears of, and that never came, each where it is named first. Of a shop that no event
 * came to yet nothing is said, nor of what is doubted already.
 */
export function unheardEvents(
  { drafts: { journeys } }: Project,
  happened: readonly string[],
  doubted: readonly Mistake[],
): readonly Mistake[] {
  const isDoubted = ({ position: { file, line, column } }: Reference) =>
    doubted.some((one) => one.file === file && one.line === line && one.column === column);
  const never = eventsIn(journeys).filter(
    (event) =>
      heard.test(event.position.path) && !happened.includes(event.name) && !isDoubted(event),
  );
  if (happened.length === 0) return [];
  return [...Map.groupBy(never, ({ name }) => name)].flatMap(([name, [first]]) =>
    first === undefined
      ? []
      : [{ ...first.position, message: `the event "${name}" never came so far` }],
  );
}

/** Where customers are kept waiting for an event, and conditions are not. */
const heard = /^(?:start\.on|objective\.goal|stop\[\d+\]\.on)$|\.await\.event$/;

/** The event that is kept as an order, whether or not a file speaks of it. */
const ours = "order_completed";

function eventsIn(files: readonly { readonly references: readonly Reference[] }[]) {
  return files.flatMap(({ references }) => references).filter(({ kind }) => kind === "event");
}

/** Whether one is the other with a letter more, less, changed or swapped, or written in another manner. */
function isSlip(written: string, meant: string): boolean {
  if (written === meant) return false;
  const [a, b] = [bare(written), bare(meant)];
  if (a === b) return true;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (a.length < 5 || /\d/.test(x + y)) return false;
  const isSwap = x.length === 2 && y.length === 2 && x[0] === y[1] && x[1] === y[0];
  return isSwap || (x.length <= 1 && y.length <= 1);
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}
