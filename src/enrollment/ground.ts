import type { Step, StepId } from "../journey/journey.ts";
import type { Due } from "./claim-due.ts";
import type { Passage } from "./passage.ts";
import type { Arrival } from "./place.ts";
import { isRestingAt } from "./resting.ts";
import type { Move } from "./stage.ts";
import type { Version } from "./version.ts";

/** The flowchart with the enrollments of a batch on it: who stands at which step, and who has come to rest where. */
export class Ground {
  readonly arrivals: Arrival[] = [];
  readonly #version: Version;
  readonly #at = new Map<StepId, string[]>();
  readonly #passages = new Map<string, Passage>();

  constructor(version: Version) {
    this.#version = version;
  }

  get passages(): readonly Passage[] {
    return [...this.#passages.values()];
  }

  /** Sets a due enrollment where it stands; one whose await is over where the time-out leads. Its wait is passed only now. */
  enter({ id, step, awaiting, resting_at: wait }: Due): void {
    const { steps } = this.#version.journey;
    const late = awaiting === null ? undefined : whenLate(steps[step]);
    if (isRestingAt(steps, wait, step)) this.#count(wait, step, 1);
    if (late === undefined) this.#stand(step, [id]);
    else this.move(step, { ids: [id], to: late.to });
  }

  /** The next step that somebody stands at, and all who do. */
  next(): readonly [StepId, readonly string[]] | undefined {
    const [first] = this.#at;
    if (first !== undefined) this.#at.delete(first[0]);
    return first;
  }

  move(from: StepId, move: Move): void {
    if (move.ids.length === 0) return;
    if ("at" in move) {
      this.arrivals.push(move);
      // A wait is passed when it is over, an await when its event or its time-out comes; whoever exits has gone no further.
      const isOn = move.at.state === "waiting" && move.at.awaiting === null;
      if (isOn && move.at.wait === undefined && move.at.step !== from)
        this.#count(from, move.at.step, move.ids.length);
      return;
    }
    this.#count(from, move.to, move.ids.length);
    if (move.to === null) this.arrivals.push({ ids: move.ids, at: { state: "completed" } });
    else this.#stand(move.to, move.ids);
  }

  hold(step: StepId, ids: readonly string[], reason: string): void {
    this.arrivals.push({ ids, at: { state: "held", step, reason } });
  }

  /** Puts enrollments down in front of a step, for the next turn. */
  leave(step: StepId, ids: readonly string[], dueAt: Date): void {
    if (ids.length > 0)
      this.arrivals.push({ ids, at: { state: "waiting", step, dueAt, awaiting: null } });
  }

  #stand(step: StepId, ids: readonly string[]): void {
    const there = this.#at.get(step);
    if (there === undefined) this.#at.set(step, [...ids]);
    else there.push(...ids);
  }

  #count(step: StepId, next: StepId | null, customers: number): void {
    const key = JSON.stringify([step, next]);
    const before = this.#passages.get(key)?.customers ?? 0;
    const passage = { versionId: this.#version.id, step, next, customers: before + customers };
    this.#passages.set(key, passage);
  }
}

/** Where a step leads whose time is up while it waits for an event. Calls and tasks are executed again and ask their rows. */
function whenLate(step: Step | undefined): { readonly to: StepId | null } | undefined {
  return step?.kind === "await" ? { to: step.timeout } : undefined;
}
