import type { Ending, Evidence, LedgerRow } from "./evidence.ts";
import { idsOf, type Requests, some, states, type Violation } from "./violation.ts";

type State = LedgerRow["state"];

const final = new Set<State>([
  "accepted",
  "delivered",
  "bounced",
  "failed",
  "suppressed",
  "expired",
  "unknown",
]);
/** Where a message may always end: with its customer. */
const usual = new Set<State>(["accepted", "delivered"]);

export interface Ended {
  readonly lost: number;
  readonly violations: readonly Violation[];
}

/** I1: every customer has a message, it ended, and it ended as the scenario has it. */
export function judgeEndings(evidence: Evidence, of: Requests): Ended {
  const { expected, messages, passages } = evidence;
  const open = messages.filter(({ state }) => !final.has(state));
  const missing = Math.max(0, expected.passages - passages.length);
  const surplus = Math.max(0, passages.length - expected.passages);
  const unended = messages.filter(
    ({ state, calls }) => final.has(state) && calls.some(({ outcome }) => outcome === null),
  );
  const strayed = messages.filter(
    ({ state }) => final.has(state) && !isForeseen(state, expected.endings),
  );
  const groups = expected.endings.map((ending) => judgeEnding(ending, messages));
  const all = expected.passages;
  return {
    lost:
      open.length +
      missing +
      unended.length +
      strayed.length +
      groups.reduce((sum, { lost }) => sum + lost, 0),
    violations: [
      ...some("I1", `messages still ${states(open)}`, idsOf(open)),
      ...counted(missing, `${missing} of ${all} passages that never began`),
      ...counted(surplus, `${surplus} passages more than the ${all} there should be`),
      ...some("I1", "calls that nobody has ended", idsOf(unended)),
      ...some("I1", `messages ${states(strayed)}, which nothing gave reason to`, idsOf(strayed)),
      ...groups.flatMap(({ violations }) => violations),
      ...judgeUnknown(evidence, of),
    ],
  };
}

/** What is unknown is judged by itself: it may be with its customer. */
function isForeseen(state: State, endings: readonly Ending[]): boolean {
  return (
    usual.has(state) || state === "unknown" || endings.some((one) => one.states.includes(state))
  );
}

function judgeEnding(
  { states: wanted, least = 0, most }: Ending,
  messages: readonly LedgerRow[],
): Ended {
  const rows = messages.filter(({ state }) => wanted.includes(state));
  const { length } = rows;
  const range = least === most ? `${most}` : `${least} to ${most}`;
  const what = `messages ${wanted.join(" or ")}, expected ${range}`;
  return {
    lost: Math.max(0, length - most),
    violations:
      length > most ? some("I1", what, idsOf(rows)) : counted(least - length, `${length} ${what}`),
  };
}

function judgeUnknown({ expected, messages }: Evidence, of: Requests): Violation[] {
  const unknown = messages.filter(({ state }) => state === "unknown");
  const taken = unknown.filter((row) => of(row).some((line) => line.taken));
  return [
    ...(unknown.length > expected.unknown
      ? some("I1", `messages unknown, expected at most ${expected.unknown}`, idsOf(unknown))
      : []),
    ...(expected.isTold
      ? some("I3", "messages unknown that the provider has reported", idsOf(taken))
      : []),
  ];
}

function counted(count: number, what: string): Violation[] {
  return count > 0 ? [{ invariant: "I1", what, ids: [] }] : [];
}
