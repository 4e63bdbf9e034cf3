import type { Condition, Test } from "./condition.ts";
import type { Duration } from "../duration.ts";
import type { Assignment, Match, Operand, Step, Wait, Winner } from "./journey.ts";
import type { Place } from "./place.ts";

/** A step as the file nests it, before it has an id and knows what comes next. */
export interface NestedStep {
  readonly place: Place;
  /** The id the file gives it; null to have one derived. */
  readonly given: string | null;
  readonly act: Act;
  /** `then` and `else`, or the arms of a split and the like; a branch left out is missing, and goes on after the step. */
  readonly branches: readonly Branch[];
}

export interface Branch {
  readonly label: string;
  readonly steps: readonly NestedStep[];
}

/** What the step does, by itself. */
export type Act =
  | {
      readonly kind: "send";
      readonly template: string;
      readonly by: readonly string[] | "best";
      readonly fallback: boolean;
    }
  | { readonly kind: "wait"; readonly wait: Wait }
  | {
      readonly kind: "await";
      readonly event: string;
      readonly where: Readonly<Record<string, Test>>;
      readonly match: Match;
      readonly within: Duration;
    }
  | { readonly kind: "if"; readonly if: Condition }
  | { readonly kind: "switch"; readonly arms: Readonly<Record<string, Condition>> }
  | {
      readonly kind: "split";
      readonly weights: Readonly<Record<string, number>>;
      readonly winner: Winner | null;
    }
  | { readonly kind: "set"; readonly set: readonly Assignment[] }
  | { readonly kind: "voucher"; readonly pool: string; readonly expires: Duration | null }
  | {
      readonly kind: "call";
      readonly url: string;
      readonly method: Extract<Step, { kind: "call" }>["method"];
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Readonly<Record<string, Operand>>;
      readonly within: Duration;
    }
  | {
      readonly kind: "task";
      readonly list: string;
      readonly text: string;
      readonly outcomes: readonly string[];
      readonly within: Duration;
    }
  | { readonly kind: "enter"; readonly journey: string }
  | { readonly kind: "repeat"; readonly times: number; readonly until: Condition | null }
  | { readonly kind: "exit"; readonly reason: string }
  /** It cannot be read; `of` is as the draft has it. */
  | { readonly kind: "unread"; readonly of: string | null };

/** In place of what is no step; `of` null hides the steps that may be inside it. */
export function unreadStep(
  place: Place,
  given: string | null = null,
  of: string | null = null,
  branches: readonly Branch[] = [],
): NestedStep {
  return { place, given, act: { kind: "unread", of }, branches };
}

/** Whether no customer gets past the end of these steps. */
export function alwaysExit(steps: readonly NestedStep[]): boolean {
  return steps.some(({ act, branches }) => {
    if (act.kind === "exit") return true;
    return branches.length === waysOf(act) && branches.every((branch) => alwaysExit(branch.steps));
  });
}

/** In how many ways it can go on, each a branch if the file gives it steps. A voucher is handed out without one. */
export function waysOf(act: Act): number {
  switch (act.kind) {
    case "await":
    case "if":
    case "call":
    case "voucher":
      return 2;
    case "split":
      return Object.keys(act.weights).length;
    case "switch":
      return Object.keys(act.arms).length + 1;
    case "task":
      return act.outcomes.length + 1;
    case "repeat":
      return act.until === null ? 1 : 2;
    default:
      return -1;
  }
}
