import type { StubLine } from "../src/channel/stub-log.ts";
import type { Evidence, LedgerCall, LedgerRow } from "./evidence.ts";
import { idsOf, type Requests, some, type Violation } from "./violation.ts";

/** A transactional message of unknown outcome goes out again so often. */
const repetitions = 3;
/** The log knows milliseconds, the database microseconds. */
const clockMs = 1;

/** I2: at most one call that may have been processed, as the provider's log has it and as the ledger has it. */
export function judgeCalls({ messages }: Evidence, of: Requests): Violation[] {
  const found = (isSo: (row: LedgerRow, lines: readonly StubLine[]) => boolean) =>
    idsOf(messages.filter((row) => isSo(row, of(row))));
  return [
    ...some(
      "I2",
      "called again though a call before may have been processed",
      found(isCalledBlindly),
    ),
    ...some("I2", "asked for more often than it may be", found(isAskedTooOften)),
    ...some(
      "I2",
      "taken by the provider twice",
      found((...one) => surplus(...one) > 0),
    ),
    ...some(
      "I2",
      "asked for without a committed attempt",
      found(({ calls }, lines) => lines.length > calls.length),
    ),
    ...some("I2", "asked for before the attempt was committed", found(isAskedEarly)),
    ...some(
      "I2",
      "whose calls and count of attempts differ",
      found(({ attempts, calls }) => calls.length !== attempts),
    ),
  ];
}

/** How often the provider took a message too many times. */
export function surplus(row: LedgerRow, lines: readonly StubLine[]): number {
  const taken = lines.filter((line) => line.taken).length;
  return Math.max(0, taken - 1 - (row.class === "transactional" ? ambiguous(row) : 0));
}

const ambiguous = ({ calls }: LedgerRow) =>
  calls.filter(({ outcome }) => outcome === "unknown").length;

/** Whether the ledger has a call after one that allows no other. */
function isCalledBlindly(row: LedgerRow, lines: readonly StubLine[]): boolean {
  const { calls } = row;
  if (ambiguous(row) > 1 + repetitions) return true;
  return calls.some((call, index) => index < calls.length - 1 && !allowsAnother(row, call, lines));
}

function allowsAnother(
  { class: kind }: LedgerRow,
  { outcome, provider }: LedgerCall,
  lines: readonly StubLine[],
): boolean {
  switch (outcome) {
    case "later":
    case "misconfigured":
      return true;
    case "unknown":
      // Twilio can be asked, and then it says truly that it never had the message.
      return (
        kind === "transactional" ||
        (provider === "twilio" && lines.filter(({ taken }) => taken).length <= 1)
      );
    default:
      return false;
  }
}

/** Requests that may have been processed, as far as the ledger allows them. */
function isAskedTooOften(row: LedgerRow, lines: readonly StubLine[]): boolean {
  const surely = row.calls.filter(isUnprocessed).length;
  const mayRepeat = row.class === "transactional" || row.calls[0]?.provider === "twilio";
  return lines.length > 1 + surely + (mayRepeat ? ambiguous(row) : 0);
}

/** The provider said that it has not taken it. */
function isUnprocessed({ outcome, code }: LedgerCall): boolean {
  return (outcome === "later" && code !== "not_called") || outcome === "misconfigured";
}

/** By each request so many attempts must have been committed; where the database does not tell when, they count. */
function isAskedEarly({ calls }: LedgerRow, lines: readonly StubLine[]): boolean {
  const asked = lines.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b);
  return asked.some((at, index) => {
    const opened = calls.filter(
      ({ committedAt }) => committedAt === null || committedAt <= at + clockMs,
    );
    return opened.length < Math.min(index + 1, calls.length);
  });
}
