import type { StubLine } from "../src/channel/stub-log.ts";
import type { Evidence, LedgerRow, Passage } from "./evidence.ts";
import { judgeCalls, surplus } from "./judge-calls.ts";
import { judgeEndings } from "./judge-endings.ts";
import { idsOf, type Requests, some, states, type Violation } from "./violation.ts";

export interface Judgement {
  /** Customers whom a journey should have told something, and who were told nothing. */
  readonly lost: number;
  /** Messages the provider took on once more than it should have. */
  readonly doubled: number;
  /** Messages of which the ledger says that it does not know. */
  readonly unknown: number;
  readonly violations: readonly Violation[];
}

/** The ledger says that the provider has it. */
const handedOver = new Set<LedgerRow["state"]>(["accepted", "delivered", "bounced"]);

/**
 * Compares what the provider was asked with what the ledger says.
 * I1: every planned message ends in exactly one final state, and every customer has one in every journey; in no other
 *     state, and no more often, than the scenario gives reason to.
 * I2: at most one call that may have been processed, and one more for each call of unknown outcome where the message
 *     is transactional: by the provider's requests and by the ledger's attempts. No request without an attempt that was
 *     committed before it.
 * I3: what the ledger calls accepted the provider has, for that very person; what the provider has the ledger calls
 *     accepted or unknown; and a state is what the calls bear out.
 * I4: a passage is over if and only if what it should have said has its message.
 */
export function judge(evidence: Evidence): Judgement {
  const requests = Map.groupBy(evidence.lines, ({ deliveryId }) => deliveryId ?? "");
  const of = (row: LedgerRow) => requests.get(row.deliveryId) ?? [];
  const { messages } = evidence;
  const ended = judgeEndings(evidence, of);
  const silent = passagesWithoutWord(evidence);
  return {
    lost: ended.lost + silent.length,
    doubled: messages.reduce((sum, row) => sum + surplus(row, of(row)), 0),
    unknown: messages.filter(({ state }) => state === "unknown").length,
    violations: [
      ...ended.violations,
      ...judgeCalls(evidence, of),
      ...onceForAll(evidence),
      ...toldTruly(evidence, of, requests),
      ...some("I4", "passages over without a word", silent),
      ...some("I4", "passages that are not over", passagesOpen(evidence)),
    ],
  };
}

function onceForAll({ messages, passages }: Evidence): Violation[] {
  const spoken = Map.groupBy(messages, ({ enrollmentId }) => enrollmentId);
  const twice = [...spoken.values()].filter((rows) => rows.length > 1).flat();
  return [
    ...some("I2", "more than one for the same step of one passage", idsOf(twice)),
    ...some(
      "I2",
      "passages of one customer through one journey, more than one",
      repeated(passages),
    ),
  ];
}

function repeated(passages: readonly Passage[]): string[] {
  const same = Map.groupBy(passages, (one) => `${one.journeyId} ${one.customerId}`);
  return [...same.values()]
    .filter((all) => all.length > 1)
    .flatMap((all) => all.map(({ id }) => id));
}

function toldTruly(
  { messages }: Evidence,
  of: Requests,
  requests: ReadonlyMap<string, readonly StubLine[]>,
): Violation[] {
  const known = new Set(messages.map(({ deliveryId }) => deliveryId));
  const isTaken = (row: LedgerRow) => of(row).some(({ taken }) => taken);
  const strangers = [...requests.keys()].filter((id) => !known.has(id));
  const invented = messages.filter((row) => handedOver.has(row.state) && !isTaken(row));
  const denied = messages.filter(
    (row) => isTaken(row) && !handedOver.has(row.state) && row.state !== "unknown",
  );
  const astray = messages.filter((row) => of(row).some(({ to }) => to !== row.to));
  const mistaken = messages.filter((row) => of(row).some(({ says }) => says !== row.says));
  return [
    ...some("I3", "accepted, and the provider does not have it", idsOf(invented)),
    ...some("I3", `taken by the provider, and the ledger says ${states(denied)}`, idsOf(denied)),
    ...some("I3", "handed over for another address than the ledger's", idsOf(astray)),
    ...some("I3", "handed over with another customer's text", idsOf(mistaken)),
    ...some(
      "I3",
      "in a state that no call of theirs bears out",
      idsOf(messages.filter(isUnfounded)),
    ),
    ...some("I3", "the provider was asked for what is in no ledger", strangers),
  ];
}

/** An unknown call may have been told of by a report or a look-up since; a transactional one may have been put off after it. */
function isUnfounded({ class: kind, state, calls }: LedgerRow): boolean {
  const has = (...outcomes: readonly (string | null)[]) =>
    calls.some(({ outcome }) => outcomes.includes(outcome));
  switch (state) {
    case "accepted":
    case "delivered":
    case "bounced":
      return !has("accepted", "unknown", null);
    case "failed":
      return has("accepted") || (calls.length > 0 && !has("refused", "later"));
    case "suppressed":
    case "expired":
      return has("accepted", "refused") || (kind === "marketing" && has("unknown"));
    default:
      return false;
  }
}

function passagesWithoutWord({ messages, passages }: Evidence): string[] {
  const spoken = new Set(messages.map(({ enrollmentId }) => enrollmentId));
  return passages
    .filter(({ id, state }) => state === "completed" && !spoken.has(id))
    .map(({ id }) => id);
}

const passagesOpen = ({ passages }: Evidence) =>
  passages.filter(({ state }) => state !== "completed").map(({ id }) => id);
