/** Steps and the ways between them, whatever they do: of a journey, or of a drawing somebody made elsewhere. */
export interface Ways {
  readonly first: string;
  readonly of: ReadonlyMap<string, readonly Way[]>;
}

export interface Way {
  readonly label: string | null;
  /** Null is the end. */
  readonly to: string | null;
  /** The way that a file writes below the step instead of inside it: of a voucher that was handed out, a repeat that is done. */
  readonly isTrunk: boolean;
  /** Into the steps of a repeat, which lead back to it. */
  readonly isBody: boolean;
}

/** A step with the branches inside it, as a workflow file nests them. */
export interface Outlined {
  readonly id: string;
  readonly branches: readonly {
    readonly label: string | null;
    readonly steps: readonly Outlined[];
    /** It comes to the end here, though the file goes on below. */
    readonly ends: boolean;
  }[];
  /** The same of the step itself. */
  readonly ends: boolean;
  /** It stands elsewhere already: files cannot jump. */
  readonly isJump: boolean;
}

/** The steps as nested lists: branches meet again at the first step that at least two of them lead to. */
export function outline(ways: Ways): readonly Outlined[] {
  return new Outliner(ways).list(ways.first, null, new Set());
}

type Loops = ReadonlySet<string>;

class Outliner {
  readonly #ways: Ways;
  readonly #place: ReadonlyMap<string, number>;
  readonly #drawn = new Set<string>();

  constructor(ways: Ways) {
    this.#ways = ways;
    this.#place = placesIn(ways);
  }

  /** `until` is where the list around goes on; `loops` are the repeats around. */
  list(start: string | null, until: string | null, loops: Loops): readonly Outlined[] {
    const list: Outlined[] = [];
    for (let next = start; next !== null && next !== until;) {
      if (this.#drawn.has(next)) {
        list.push({ id: next, branches: [], ends: false, isJump: true });
        break;
      }
      this.#drawn.add(next);
      const { step, after } = this.#draw(next, until, loops);
      list.push(step);
      next = after;
    }
    return list;
  }

  #draw(id: string, until: string | null, loops: Loops): { step: Outlined; after: string | null } {
    const all = this.#ways.of.get(id) ?? [];
    const trunk = all.length === 1 ? all[0] : all.find(({ isTrunk }) => isTrunk);
    const after = trunk === undefined ? (this.#meetingOf(all, loops) ?? null) : trunk.to;
    const branches = all
      .filter((way) => way !== trunk)
      .map(({ label, to, isBody }) => {
        const end = isBody ? id : (after ?? until);
        const steps =
          to === end ? [] : this.list(to, end, isBody ? new Set([...loops, id]) : loops);
        return { label, steps, ends: to === null && end !== null };
      });
    const ends = trunk !== undefined && after === null && until !== null;
    return { step: { id, branches, ends, isJump: false }, after };
  }

  #meetingOf(all: readonly Way[], loops: Loops): string | undefined {
    const times = new Map<string, number>();
    for (const { to } of all)
      for (const id of this.#reachable(to, loops)) times.set(id, (times.get(id) ?? 0) + 1);
    return [...times]
      .filter(([id, count]) => count > 1 && !loops.has(id))
      .map(([id]) => id)
      .toSorted((a, b) => (this.#place.get(a) ?? 0) - (this.#place.get(b) ?? 0))[0];
  }

  /** Without going round a repeat that is open. */
  #reachable(from: string | null, loops: Loops): ReadonlySet<string> {
    const seen = new Set<string>(from === null ? [] : [from]);
    for (const id of seen) {
      if (loops.has(id)) continue;
      for (const { to } of this.#ways.of.get(id) ?? []) if (to !== null) seen.add(to);
    }
    return seen;
  }
}

/** Each step after all that lead to it, but for the ends of rounds. */
function placesIn({ first, of }: Ways): ReadonlyMap<string, number> {
  const seen = new Set<string>();
  const backwards: string[] = [];
  const stack: { readonly id: string; readonly done: boolean }[] = [{ id: first, done: false }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (top.done) backwards.push(top.id);
    if (top.done || seen.has(top.id)) continue;
    seen.add(top.id);
    stack.push({ id: top.id, done: true });
    for (const { to } of of.get(top.id) ?? []) if (to !== null) stack.push({ id: to, done: false });
  }
  return new Map(backwards.toReversed().map((id, index) => [id, index]));
}
