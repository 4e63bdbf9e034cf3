import { type Mistake, nearMiss } from "../errors.ts";
import type { Project } from "./read-project.ts";

/**
 * Events that look like slips of the pen: named once in all files, when another that they nearly are is known. Nobody
 * declares events, so these are warnings. With the names of the `happened` ones the net is wider.
 */
export function doubtfulEvents(
  { drafts: { journeys, segments } }: Project,
  happened: readonly string[] = [],
): readonly Mistake[] {
  const named = [...journeys, ...segments]
    .flatMap(({ references }) => references)
    .filter(({ kind }) => kind === "event");
  const counts = new Map<string, number>();
  for (const { name } of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  return named
    .filter(({ name }) => counts.get(name) === 1 && !happened.includes(name))
    .flatMap(({ name, position }) => {
      const meant = [...counts.keys(), ...happened].find((other) => isSlip(name, other));
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
