import type { Step, StepId } from "../journey/journey.ts";
import type { Due } from "./claim-due.ts";
import type { Passage } from "./passage.ts";
import type { Arrival } from "./place.ts";
import type { Move } from "./stage.ts";
import type { Version } from "./version.ts";

/** The flowchart with the enrollments of a batch on it: who stands at which step, and who has come to rest where. */
export class Ground {
  readonly arrivals: Arrival[] = [];
  readonly passages: Passage[] = [];
  readonly #version: Version;
  readonly #at = new Map<StepId, string[]>();

  constructor(version: Version) {
    this.#version = version;
  }

  /** Sets a due enrollment where it stands; one whose await is over where the time-out leads. */
  enter({ id, step, awaiting }: Due): void {
    const late = awaiting === null ? undefined : whenLate(this.#version.journey.steps[step]);
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
      // An await is passed when its event or its time-out comes; whoever exits has gone no further.
      if (move.at.state === "waiting" && move.at.awaiting === null && move.at.step !== from)
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
    this.passages.push({ versionId: this.#version.id, step, next, customers });
  }
}

/** Where a step leads whose time is up while it waits for an event. Calls and tasks are executed again and ask their rows. */
function whenLate(step: Step | undefined): { readonly to: StepId | null } | undefined {
  return step?.kind === "await" ? { to: step.timeout } : undefined;
}
