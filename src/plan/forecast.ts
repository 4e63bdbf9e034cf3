import { roughSeconds } from "../duration.ts";
import { dueAfter, dueIn } from "../enrollment/due.ts";
import type { Journey, Step, StepId } from "../journey/journey.ts";
import { edgesOf, stepsInOrder } from "../journey/step.ts";
import { type Passed, sharesOf } from "./branch-share.ts";
import type { Entry, Horizon } from "./entry.ts";

/** Customers who come to a step at an instant. */
export interface Arrival extends Entry {
  readonly step: StepId;
}

interface Crowd {
  readonly step: StepId;
  readonly at: number;
  readonly rounds: Readonly<Record<StepId, number>>;
  customers: number;
}

/** Of crowds smaller than this nobody is expected. */
const negligible = 1e-4;
const HOUR_MS = 3_600_000;

/**
 * Lets expected customers walk through the flowchart, all that are at a step in the same hour together, and says when how
 * many come to each step that sends or lets them into another journey. Waits are reckoned as the engine does; branches by their shares; an event that is awaited
 * comes half-way. Stops are left out, so it is an upper bound.
 */
export function forecast(
  journey: Journey,
  { entries, inside, passed }: Expected,
  horizon: Horizon,
): readonly Arrival[] {
  const order = new Map(stepsInOrder(journey).map(({ id }, index) => [id, index]));
  const end = horizon.now.getTime() + horizon.days * 24 * HOUR_MS;
  const queue = new CrowdQueue(order);
  for (const { at, customers } of entries)
    queue.add({ step: journey.first, at: at.getTime(), rounds: {}, customers });
  for (const { step, at, customers } of inside)
    queue.add({ step, at: Math.max(at.getTime(), horizon.now.getTime()), rounds: {}, customers });
  const arrivals: Arrival[] = [];
  for (let crowd = queue.next(); crowd !== undefined; crowd = queue.next()) {
    const step = journey.steps[crowd.step];
    if (step === undefined || crowd.at > end || crowd.customers < negligible) continue;
    if (step.kind === "send" || step.kind === "enter")
      arrivals.push({ step: step.id, at: new Date(crowd.at), customers: crowd.customers });
    for (const next of wayOn(step, crowd, passed, horizon)) queue.add(next);
  }
  return arrivals;
}

export interface Expected {
  readonly entries: readonly Entry[];
  /** Who is inside already, and when they come to their step. */
  readonly inside: readonly Arrival[];
  readonly passed: Passed;
}

function wayOn(step: Step, crowd: Crowd, passed: Passed, horizon: Horizon): readonly Crowd[] {
  const edges = edgesOf(step);
  const { of } = step.kind === "repeat" ? roundsOf(step, crowd) : sharesOf(step, passed);
  const rounds =
    step.kind === "repeat"
      ? { ...crowd.rounds, [step.id]: (crowd.rounds[step.id] ?? 0) + 1 }
      : crowd.rounds;
  return edges.flatMap(({ to }, index) => {
    const customers = crowd.customers * (of[index] ?? 0);
    if (to === null || customers < negligible) return [];
    const isBody = step.kind === "repeat" && index === 0;
    const at = leftAt(step, index, new Date(crowd.at), horizon).getTime();
    return [{ step: to, at, rounds: isBody ? rounds : without(crowd.rounds, step.id), customers }];
  });
}

/** All go on for as many rounds as there may be. */
function roundsOf(step: Extract<Step, { kind: "repeat" }>, { rounds }: Crowd) {
  return { of: (rounds[step.id] ?? 0) < step.times ? [1, 0] : [0, 1] };
}

function without(rounds: Crowd["rounds"], id: StepId): Crowd["rounds"] {
  const { [id]: _, ...rest } = rounds;
  return rest;
}

/** When a way on is taken by those who come to the step at an instant. */
function leftAt(step: Step, way: number, at: Date, { zone }: Horizon): Date {
  switch (step.kind) {
    case "wait": {
      if (step.wait.kind === "date") return at;
      const named = step.wait.kind === "until" ? step.wait.zone : "customer";
      return dueAfter(step.wait, at, named === "customer" ? zone : named);
    }
    case "await":
    case "task": {
      const isTimeout = way === edgesOf(step).length - 1;
      return isTimeout
        ? dueIn(step.within, at, zone)
        : new Date(at.getTime() + roughSeconds(step.within) * 500);
    }
    default:
      return at;
  }
}

/** Crowds by time, then by the order of the flowchart, so that those who meet are added up before they go on. */
class CrowdQueue {
  readonly #hours = new Map<number, Map<string, Crowd>>();
  readonly #order: ReadonlyMap<StepId, number>;
  #hour = -Infinity;

  constructor(order: ReadonlyMap<StepId, number>) {
    this.#order = order;
  }

  add(crowd: Crowd): void {
    const hour = Math.floor(crowd.at / HOUR_MS);
    const crowds = this.#hours.get(hour) ?? new Map<string, Crowd>();
    this.#hours.set(hour, crowds);
    const key = `${crowd.step} ${JSON.stringify(crowd.rounds)}`;
    const there = crowds.get(key);
    if (there === undefined) crowds.set(key, { ...crowd });
    else there.customers += crowd.customers;
  }

  next(): Crowd | undefined {
    let crowds = this.#hours.get(this.#hour);
    if (crowds === undefined || crowds.size === 0) {
      this.#hours.delete(this.#hour);
      if (this.#hours.size === 0) return undefined;
      this.#hour = Math.min(...this.#hours.keys());
      crowds = this.#hours.get(this.#hour) ?? new Map<string, Crowd>();
    }
    let [firstKey, first]: [string | undefined, Crowd | undefined] = [undefined, undefined];
    for (const [key, crowd] of crowds) {
      const isEarlier = first === undefined || this.#rank(crowd.step) < this.#rank(first.step);
      if (isEarlier) [firstKey, first] = [key, crowd];
    }
    if (firstKey !== undefined) crowds.delete(firstKey);
    return first;
  }

  #rank(step: StepId): number {
    return this.#order.get(step) ?? Infinity;
  }
}
