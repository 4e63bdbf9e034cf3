import type { StubLine } from "../src/channel/provider-stub.ts";
import type { Evidence, LedgerRow, Passage } from "./evidence.ts";

/** Something that must never be, and where. */
export interface Violation {
  readonly invariant: "I1" | "I2" | "I3" | "I4";
  readonly what: string;
  /** Of messages by delivery id, else of passages. */
  readonly ids: readonly string[];
}

export interface Judgement {
  /** Customers whom a journey should have told something, and who have no final word in the ledger. */
  readonly lost: number;
  /** Messages the provider took on once more than it should have. */
  readonly doubled: number;
  /** Messages of which the ledger says that it does not know. */
  readonly unknown: number;
  /** Of these, those the provider has: a report or a look-up should have told. */
  readonly unknownTaken: number;
  readonly violations: readonly Violation[];
}

const final = new Set<LedgerRow["state"]>([
  "accepted",
  "delivered",
  "bounced",
  "failed",
  "suppressed",
  "expired",
  "unknown",
]);
/** The ledger says that the provider has it. */
const handedOver = new Set<LedgerRow["state"]>(["accepted", "delivered", "bounced"]);

/**
 * Compares what the provider was asked with what the ledger says.
 * I1: every planned message ends in exactly one final state, and every customer has one in every journey.
 * I2: at most one request that may have been processed, and one more for each call of unknown outcome where the message
 *     is transactional. No request without an attempt that was committed before it.
 * I3: what the ledger calls accepted the provider has; what the provider has the ledger calls accepted or unknown.
 * I4: a passage is over if and only if what it should have said has its message.
 */
export function judge(evidence: Evidence): Judgement {
  const requests = Map.groupBy(evidence.lines, ({ deliveryId }) => deliveryId ?? "");
  const of = (row: LedgerRow) => requests.get(row.deliveryId) ?? [];
  const { messages } = evidence;
  const unknown = messages.filter(({ state }) => state === "unknown");
  const first = endsOnce(evidence);
  return {
    lost: first.reduce((sum, { ids, missing = 0 }) => sum + ids.length + missing, 0),
    doubled: messages.reduce((sum, row) => sum + surplus(row, of(row)), 0),
    unknown: unknown.length,
    unknownTaken: unknown.filter((row) => of(row).some(({ taken }) => taken)).length,
    violations: [
      ...first.filter(({ ids, missing = 0 }) => ids.length + missing > 0),
      ...askedOnce(evidence, of),
      ...toldTruly(evidence, of, requests),
      ...overWhenDone(evidence),
    ].map(({ invariant, what, ids }) => ({ invariant, what, ids })),
  };
}

type Requests = (row: LedgerRow) => readonly StubLine[];

interface Missing extends Violation {
  readonly missing?: number;
}

function endsOnce({ expected, messages, passages }: Evidence): Missing[] {
  const open = messages.filter(({ state }) => !final.has(state));
  const missing = Math.max(0, expected - passages.length);
  const unended = messages.filter(
    ({ state, calls }) => final.has(state) && calls.some(({ outcome }) => outcome === null),
  );
  const none = "passages that never began";
  return [
    { invariant: "I1", what: `messages still ${states(open)}`, ids: idsOf(open) },
    { invariant: "I1", what: `${missing} of ${expected} ${none}`, ids: [], missing },
    ...some("I1", "calls that nobody has ended", idsOf(unended)),
  ];
}

/** Requests that may have been processed, as far as the ledger allows them. */
function allowed({ class: kind, calls }: LedgerRow): number {
  const surely = calls.filter(isUnprocessed).length;
  const ambiguous = calls.filter(({ outcome }) => outcome === "unknown").length;
  return 1 + surely + (kind === "transactional" ? ambiguous : 0);
}

/** The provider said that it has not taken it. */
function isUnprocessed({ outcome, code }: LedgerRow["calls"][number]): boolean {
  return (outcome === "later" && code !== "not_called") || outcome === "misconfigured";
}

/** How often the provider took a message too many times. */
function surplus(row: LedgerRow, lines: readonly StubLine[]): number {
  const taken = lines.filter((line) => line.taken).length;
  const ambiguous = row.calls.filter(({ outcome }) => outcome === "unknown").length;
  return Math.max(0, taken - 1 - (row.class === "transactional" ? ambiguous : 0));
}

function askedOnce({ messages, passages }: Evidence, of: Requests): Violation[] {
  const tooOften = messages.filter((row) => of(row).length > allowed(row));
  const takenTwice = messages.filter((row) => surplus(row, of(row)) > 0);
  const unannounced = messages.filter((row) => of(row).length > row.calls.length);
  const uncounted = messages.filter((row) => row.calls.length !== row.attempts);
  const spoken = Map.groupBy(messages, ({ enrollmentId }) => enrollmentId);
  const twice = [...spoken.values()].filter((rows) => rows.length > 1).flat();
  return [
    ...some("I2", "asked for more often than it may be", idsOf(tooOften)),
    ...some("I2", "taken by the provider twice", idsOf(takenTwice)),
    ...some("I2", "asked for without a committed attempt", idsOf(unannounced)),
    ...some("I2", "whose calls and count of attempts differ", idsOf(uncounted)),
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
  return [
    ...some("I3", "accepted, and the provider does not have it", idsOf(invented)),
    ...some("I3", `taken by the provider, and the ledger says ${states(denied)}`, idsOf(denied)),
    ...some("I3", "the provider was asked for what is in no ledger", strangers),
  ];
}

function overWhenDone({ messages, passages }: Evidence): Violation[] {
  const spoken = new Set(messages.map(({ enrollmentId }) => enrollmentId));
  const silent = passages.filter(({ id, state }) => state === "completed" && !spoken.has(id));
  const open = passages.filter(({ state }) => state !== "completed");
  return [
    ...some(
      "I4",
      "passages over without a word",
      silent.map(({ id }) => id),
    ),
    ...some(
      "I4",
      "passages that are not over",
      open.map(({ id }) => id),
    ),
  ];
}

function some(
  invariant: Violation["invariant"],
  what: string,
  ids: readonly string[],
): Violation[] {
  return ids.length === 0 ? [] : [{ invariant, what, ids }];
}

const idsOf = (rows: readonly LedgerRow[]) => rows.map(({ deliveryId }) => deliveryId);
const states = (rows: readonly LedgerRow[]) =>
  [...new Set(rows.map(({ state }) => state))].join(", ");
