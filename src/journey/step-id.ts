import type { StepId } from "./journey.ts";
import { type NestedStep, waysOf } from "./nested-step.ts";
import { nameOf } from "./step-name.ts";

/**
 * Gives every step its id, by which messages, reports and customers in flight know it from version to version:
 *
 * 1. The id given in the file.
 * 2. Else one from what the step does: a send is called like its template, `wait: 3 days` is `wait-3-days`.
 *
 * So an id depends on its own step alone, and no edit elsewhere renames it. Two steps that would be called the same are a
 * mistake: whichever gave way would be renamed by the coming and going of the other.
 *
 * Only where no customer ever stands before a step does nothing depend on its id: at waits and exits that neither begin the
 * journey nor follow a wait or the like. Twins of these are told apart by what is around them. Who waits stands before the
 * next step, so that `wait-1-day-before-reminder` goes where the reminder goes; an exit is called by the branch it ends.
 */
export function idsOf(steps: readonly NestedStep[]): ReadonlyMap<NestedStep, StepId> {
  const all = byDepth(steps);
  const stoodAt = new Set([steps[0], ...all.flatMap(restsBefore)]);
  const isTraceless = ({ step }: Found) => mayBeTraceless(step) && !stoodAt.has(step);
  const given: Given = { ids: new Map(), taken: new Taken() };
  nameAsGiven(all, given);
  nameByDeed(
    all.filter((one) => one.step.given === null && !isTraceless(one)),
    given,
  );
  nameBySurroundings(all.filter(isTraceless), given);
  return given.ids;
}

/** The ids given out so far. */
interface Given {
  readonly ids: Map<NestedStep, StepId>;
  readonly taken: Taken;
}

function nameAsGiven(all: readonly Found[], { ids, taken }: Given): void {
  const lines = new Map<StepId, number>();
  for (const { step } of all) {
    if (step.given === null) continue;
    const place = step.place.at("id");
    const line = lines.get(step.given);
    if (line === undefined) lines.set(step.given, place.line);
    else place.wrong(`the id "${step.given}" is taken by the step on line ${line}`);
    ids.set(step, line === undefined ? taken.add(step.given) : placeholder(step));
  }
}

function nameByDeed(found: readonly Found[], { ids, taken }: Given): void {
  const holders = new Map([...ids].map(([step, id]) => [id, step]));
  for (const { step, labels } of found) {
    const name = nameOf(step.act);
    const holder = holders.get(name);
    const isUnread = step.act.kind === "unread";
    const id = isUnread ? placeholder(step) : taken.free(name, labels);
    ids.set(step, id);
    if (!isUnread && holder !== undefined) refuseTwin(step, holder, name, id);
    if (!isUnread && holder === undefined) holders.set(name, step);
  }
}

/** Of a step that is to be mended: no id can be written so. */
function placeholder({ place }: NestedStep): StepId {
  return place.position.path;
}

/** The id that is offered is the one that the step had when twins still gave way: taking it renames nothing. */
function refuseTwin(step: NestedStep, holder: NestedStep, name: StepId, free: StepId): void {
  step.place.wrong(
    `expected an id, since the step on line ${holder.place.line} is called "${name}" too; ` +
      `give the newer of the two one of its own, such as "id: ${free}"`,
  );
}

function mayBeTraceless({ act, given }: NestedStep): boolean {
  return given === null && (act.kind === "wait" || act.kind === "exit");
}

/** Where customers stand who rest at a step, or have rested there and have not gone on yet. */
function restsBefore({ step: { act, branches }, next }: Found): readonly (NestedStep | null)[] {
  if (act.kind === "wait") return [next];
  if (act.kind !== "await" && act.kind !== "call" && act.kind !== "task") return [];
  const ways = branches.map(({ steps: [first] }) => first ?? next);
  return branches.length < waysOf(act) ? [...ways, next] : ways;
}

/** Who has a name alone keeps it. Twins are called by what is around them too, and those that share even that by their branch. */
function nameBySurroundings(found: readonly Found[], { ids, taken }: Given): void {
  for (const [name, same] of Map.groupBy(found, ({ step }) => nameOf(step.act))) {
    const isAlone = same.length === 1 && !taken.has(name);
    const byName = Map.groupBy(same, (one) => (isAlone ? name : nameBy(one, name, ids)));
    for (const [full, those] of byName)
      for (const { step, labels } of those)
        ids.set(step, taken.free(those.length === 1 ? full : [...labels, full].join("-"), []));
  }
}

function nameBy(
  { step, labels, parent, next }: Found,
  name: StepId,
  ids: ReadonlyMap<NestedStep, StepId>,
): string {
  const branch = parent && `in-${ids.get(parent)}-${labels.at(-1)}`;
  const following = next && `before-${ids.get(next)}`;
  return `${name}-${(step.act.kind === "exit" ? branch : following) ?? "at-the-end"}`;
}

interface Found {
  readonly step: NestedStep;
  readonly labels: readonly string[];
  /** The step it is inside of. */
  readonly parent: NestedStep | null;
  /** The one that follows it, or the one it is inside of; null is the end. */
  readonly next: NestedStep | null;
}

/** Every step with the labels of the branches it is in, the trunk first, then level by level. */
function byDepth(steps: readonly NestedStep[]): readonly Found[] {
  const found: Found[] = [];
  let level = listed(steps, { labels: [], parent: null, next: null });
  while (level.length > 0) {
    found.push(...level);
    level = level.flatMap((one) =>
      one.step.branches.flatMap((branch) =>
        listed(branch.steps, {
          labels: [...one.labels, branch.label],
          parent: one.step,
          next: one.step.act.kind === "repeat" ? one.step : one.next,
        }),
      ),
    );
  }
  return found;
}

function listed(steps: readonly NestedStep[], around: Omit<Found, "step">): readonly Found[] {
  return steps.map((step, index) => ({ ...around, step, next: steps[index + 1] ?? around.next }));
}

/** Ids given out so far. Remembers how far it has counted, so that a thousand twins cost no more than any thousand. */
class Taken {
  readonly #ids = new Set<StepId>();
  readonly #counted = new Map<string, number>();

  has(id: StepId): boolean {
    return this.#ids.has(id);
  }

  add(id: StepId): StepId {
    this.#ids.add(id);
    return id;
  }

  free(base: string, labels: readonly string[]): StepId {
    const inBranch = [...labels, base].join("-");
    for (const id of [base, inBranch]) if (!this.#ids.has(id)) return this.add(id);
    let count = this.#counted.get(inBranch) ?? 2;
    while (this.#ids.has(`${inBranch}-${count}`)) count++;
    this.#counted.set(inBranch, count);
    return this.add(`${inBranch}-${count}`);
  }
}
