import { writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { nearMiss } from "./errors.ts";

/**
 * Places where a test can break a running process: between each write and the next, and around the call. Off unless
 * `WAYPOST_FAULTS` names them; then a place costs one look at an undefined variable.
 */
export const faultPoints = [
  "claim",
  "after-claim",
  "after-open",
  "before-call",
  "during-call",
  "after-answer",
  "before-record",
  "after-record",
  "before-ack",
  "after-advance",
  "after-inbox",
  "report-apply",
  "sweep",
] as const;
export type FaultPoint = (typeof faultPoints)[number];

/**
 * `throw`: as a mistake in the code would. `lost`: what came before was applied, and the connection broke before its
 * answer came. `kill`: as kill -9. `hang`: whatever is awaited here does not come before other faults are armed.
 */
export const faultActions = ["throw", "lost", "kill", "hang"] as const;
export type FaultAction = (typeof faultActions)[number];

export interface Fault {
  readonly point: FaultPoint;
  readonly action: FaultAction;
  /** At which passing of the place, from 1. It strikes once. */
  readonly passing: number;
}

/** Long enough for the bytes of a request to have left. */
const bytesLeaveMs = 5;

let armed: readonly Fault[] = [];
let passings: Map<FaultPoint, number> | undefined;
let armedAnew = Promise.withResolvers<void>();

/** From now on the places named strike; none does when there are none. */
export function armFaults(faults: readonly Fault[]): void {
  armed = faults;
  armedAnew.resolve();
  armedAnew = Promise.withResolvers();
  passings = faults.length === 0 ? undefined : new Map();
}

/** Awaited at the place of that name; nothing happens but in tests. */
export function faultPoint(point: FaultPoint): Promise<void> | undefined {
  if (passings === undefined) return undefined;
  const passing = (passings.get(point) ?? 0) + 1;
  passings.set(point, passing);
  const fault = armed.find((one) => one.point === point && one.passing === passing);
  return fault && strike(fault);
}

async function strike({ point, action }: Fault): Promise<void> {
  if (point === "during-call") await pause(bytesLeaveMs);
  // Written at once, since nothing may come after: whoever set the fault learns that it struck.
  writeSync(2, `fault ${point} ${action}\n`);
  switch (action) {
    case "throw":
      throw new TypeError(`fault point ${point}`);
    case "lost":
      throw Object.assign(new Error(`fault point ${point}: the connection was lost`), {
        code: "ECONNRESET",
      });
    case "kill":
      process.kill(process.pid, "SIGKILL");
      return;
    case "hang":
      await armedAnew.promise;
  }
}

/** Reads `after-claim:kill, before-call:throw:3`; a string says what is wrong with it. */
export function readFaults(text: string): readonly Fault[] | string {
  const faults: Fault[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    const [point = "", action = "", passing = "1", ...more] = part.split(":");
    const fault = { point, action, passing: Number(passing) };
    if (more.length > 0 || !isFault(fault)) return refusal(point, action);
    faults.push(fault);
  }
  return faults;
}

function isFault(fault: { point: string; action: string; passing: number }): fault is Fault {
  return (
    faultPoints.some((known) => known === fault.point) &&
    faultActions.some((known) => known === fault.action) &&
    Number.isInteger(fault.passing) &&
    fault.passing > 0
  );
}

function refusal(point: string, action: string): string {
  const meant = nearMiss(point, faultPoints);
  const hint = meant === undefined || meant === point ? "" : `; did you mean "${meant}"?`;
  return `expected faults such as "after-claim:kill, before-call:throw:3" (${faultActions.join(", ")} at ${faultPoints.join(", ")}), got "${point}:${action}"${hint}`;
}
