import type { Journey, StepId } from "../journey/journey.ts";
import { type Edge, edgesOf } from "../journey/step.ts";

/** What is known of a passage: where it is, or that it came to the end, and the steps that left something behind. */
export interface Known {
  readonly at: StepId | null;
  readonly marks: ReadonlySet<StepId>;
  /** Which way a branching step is known to have been left by, or would be left by today. */
  readonly ways: ReadonlyMap<StepId, string>;
}

export interface Gone {
  readonly step: StepId;
  /** The label of the way taken on; null where there is only one, or it is not known yet. */
  readonly way: string | null;
}

/**
 * The steps a passage came by, in their order. It is not written down step by step: it is the way from the first step to where the
 * customer is that passes what was left behind (messages, calls, tasks, vouchers), and where that leaves a choice, the way the
 * condition goes today.
 */
export function pathOf(journey: Journey, { at, marks, ways }: Known): readonly Gone[] {
  const path: Gone[] = [];
  const gone = new Set<string>();
  const open = new Set(marks);
  const leadsTo = reachIn(journey);
  let here: StepId | null = journey.first;
  while (here !== null) {
    open.delete(here);
    const way: Edge | undefined =
      here === at && open.size === 0 ? undefined : choose(edgesFrom(journey, here));
    path.push({ step: here, way: way?.label ?? null });
    if (way === undefined) break;
    gone.add(JSON.stringify([here, way.label, way.to]));
    here = way.to;
  }
  return path;

  /** Each way is gone once: a round is told once, however often it was gone through. */
  function choose(edges: readonly Edge[]): Edge | undefined {
    const leading = edges.filter((edge) => !isGone(edge) && leadsTo(edge.to, at));
    const marked = leading.filter(({ to }) => [...open].every((mark) => leadsTo(to, mark)));
    const candidates = marked.length > 0 ? marked : leading;
    if (candidates.length < 2) return candidates[0];
    return candidates.find(({ label }) => label === ways.get(here ?? "")) ?? candidates[0];
  }

  function isGone({ to, label }: Edge): boolean {
    return gone.has(JSON.stringify([here, label, to]));
  }
}

/** What may still come after a step, nearest first. */
export function aheadOf(journey: Journey, from: StepId): readonly StepId[] {
  const found = new Set<StepId>();
  const queue = nextOf(journey, from);
  for (const id of queue) {
    if (id === from || found.has(id)) continue;
    found.add(id);
    queue.push(...nextOf(journey, id));
  }
  return [...found];
}

/** Whether one step, or the end (null), can come after another or is it. */
function reachIn(journey: Journey): (from: StepId | null, to: StepId | null) => boolean {
  const known = new Map<StepId, ReadonlySet<StepId | null>>();
  const reachOf = (from: StepId): ReadonlySet<StepId | null> => {
    const steps = [from, ...aheadOf(journey, from)];
    return new Set([
      ...steps,
      ...steps.flatMap((id) => edgesFrom(journey, id).map(({ to }) => to)),
    ]);
  };
  return (from, to) => {
    if (from === null) return to === null;
    const reached = known.get(from) ?? reachOf(from);
    known.set(from, reached);
    return reached.has(to);
  };
}

function edgesFrom(journey: Journey, id: StepId): readonly Edge[] {
  const step = journey.steps[id];
  return step === undefined ? [] : edgesOf(step);
}

function nextOf(journey: Journey, id: StepId): StepId[] {
  return edgesFrom(journey, id).flatMap(({ to }) => (to === null ? [] : [to]));
}
