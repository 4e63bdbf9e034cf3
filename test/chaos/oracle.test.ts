import { describe, expect, it } from "vitest";
import type { Evidence, LedgerCall, LedgerRow } from "../../chaos/evidence.ts";
import { judge } from "../../chaos/oracle.ts";
import type { StubLine } from "../../src/channel/provider-stub.ts";

const accepted: LedgerCall = { outcome: "accepted", code: null };
const unknown: LedgerCall = { outcome: "unknown", code: "worker_stopped" };
const throttled: LedgerCall = { outcome: "later", code: "429" };
const notCalled: LedgerCall = { outcome: "later", code: "not_called" };

function aRequest(id: string, given: Partial<StubLine> = {}): StubLine {
  const usual = { provider: "sendgrid", attempt: 1, taken: true, status: null, travels: "whole" };
  return { at: "2026-01-12T12:00:00Z", deliveryId: id, ...usual, ...given };
}

function aMessage(id: string, given: Partial<LedgerRow> = {}): LedgerRow {
  const { calls = [accepted] } = given;
  const usual = { class: "marketing", state: "accepted" } as const;
  return {
    id,
    deliveryId: id,
    enrollmentId: id,
    attempts: calls.length,
    calls,
    ...usual,
    ...given,
  };
}

/** Each message has its passage; every passage is there that should be. */
function evidence(
  messages: readonly LedgerRow[],
  lines: readonly StubLine[],
  given: Partial<Evidence> = {},
): Evidence {
  const passages = [...new Set(messages.map(({ enrollmentId }) => enrollmentId))].map((id) => ({
    id,
    customerId: id,
    journeyId: "1",
    state: "completed",
  }));
  return { expected: passages.length, messages, lines, passages, ...given };
}

const found = (given: Evidence) =>
  judge(given).violations.map(({ invariant, what, ids }) => `${invariant} ${what}: ${ids.join()}`);

describe("what may be", () => {
  it.each<[string, Evidence]>([
    ["accepted and taken", evidence([aMessage("a")], [aRequest("a")])],
    [
      "unknown and taken",
      evidence([aMessage("a", { state: "unknown", calls: [unknown] })], [aRequest("a")]),
    ],
    [
      "unknown and never asked",
      evidence([aMessage("a", { state: "unknown", calls: [unknown] })], []),
    ],
    [
      "throttled once, then taken",
      evidence(
        [aMessage("a", { calls: [throttled, accepted] })],
        [aRequest("a", { taken: false, status: 429 }), aRequest("a")],
      ),
    ],
    [
      "given back before the call, then taken",
      evidence([aMessage("a", { calls: [notCalled, accepted] })], [aRequest("a")]),
    ],
    [
      "a receipt of unknown outcome, sent again",
      evidence(
        [aMessage("a", { class: "transactional", calls: [unknown, accepted] })],
        [aRequest("a"), aRequest("a")],
      ),
    ],
    [
      "suppressed and never asked",
      evidence([aMessage("a", { state: "suppressed", calls: [] })], []),
    ],
  ])("%s", (_, given) => {
    expect(judge(given)).toMatchObject({ lost: 0, doubled: 0, violations: [] });
  });
});

describe("what is planted is found, with its ids", () => {
  it.each<[string, Evidence, readonly string[]]>([
    [
      "a message that is still on its way",
      evidence([aMessage("a", { state: "sending" }), aMessage("b")], [aRequest("b")]),
      ["I1 messages still sending: a"],
    ],
    [
      "a customer who never entered",
      evidence([aMessage("a")], [aRequest("a")], { expected: 2 }),
      ["I1 1 of 2 passages that never began: "],
    ],
    [
      "a call that nobody ended",
      evidence([aMessage("a", { calls: [{ outcome: null, code: null }] })], [aRequest("a")]),
      ["I1 calls that nobody has ended: a"],
    ],
    [
      "marketing sent again after an unknown outcome",
      evidence(
        [aMessage("a", { calls: [unknown, accepted] })],
        [aRequest("a", { taken: false }), aRequest("a")],
      ),
      ["I2 asked for more often than it may be: a"],
    ],
    [
      "a message the provider took twice",
      evidence([aMessage("a", { calls: [throttled, accepted] })], [aRequest("a"), aRequest("a")]),
      ["I2 taken by the provider twice: a"],
    ],
    [
      "a request before its attempt was committed",
      evidence([aMessage("a", { state: "failed", calls: [] })], [aRequest("a", { taken: false })]),
      ["I2 asked for without a committed attempt: a"],
    ],
    [
      "an attempt that was not counted",
      evidence([aMessage("a", { attempts: 2 })], [aRequest("a")]),
      ["I2 whose calls and count of attempts differ: a"],
    ],
    [
      "two messages for one step",
      evidence(
        [aMessage("a"), aMessage("b", { enrollmentId: "a" })],
        [aRequest("a"), aRequest("b")],
      ),
      ["I2 more than one for the same step of one passage: a,b"],
    ],
    [
      "a customer who entered twice",
      evidence([aMessage("a"), aMessage("b")], [aRequest("a"), aRequest("b")], {
        passages: ["a", "b"].map((id) => ({
          id,
          customerId: "1",
          journeyId: "1",
          state: "completed",
        })),
      }),
      ["I2 passages of one customer through one journey, more than one: a,b"],
    ],
    [
      "accepted, though nobody was asked",
      evidence([aMessage("a")], []),
      ["I3 accepted, and the provider does not have it: a"],
    ],
    [
      "failed, though the provider has it",
      evidence([aMessage("a", { state: "failed" })], [aRequest("a")]),
      ["I3 taken by the provider, and the ledger says failed: a"],
    ],
    [
      "a request about what nobody planned",
      evidence([aMessage("a")], [aRequest("a"), aRequest("z")]),
      ["I3 the provider was asked for what is in no ledger: z"],
    ],
    [
      "a passage that ended without a word",
      evidence([], [], {
        expected: 1,
        passages: [{ id: "7", customerId: "1", journeyId: "1", state: "completed" }],
      }),
      ["I4 passages over without a word: 7"],
    ],
    [
      "a passage that is not over",
      evidence([aMessage("a")], [aRequest("a")], {
        passages: [{ id: "a", customerId: "1", journeyId: "1", state: "waiting" }],
      }),
      ["I4 passages that are not over: a"],
    ],
  ])("%s", (_, given, violations) => {
    expect(found(given)).toEqual(violations);
  });

  it("the lost and the doubled are counted", () => {
    const twice = aMessage("b", { calls: [throttled, accepted] });
    const given = evidence(
      [aMessage("a", { state: "planned", calls: [] }), twice],
      [aRequest("b"), aRequest("b")],
      { expected: 5 },
    );
    expect(judge(given)).toMatchObject({ lost: 4, doubled: 1 });
  });

  it("what is unknown though the provider has it is counted apart", () => {
    const calls = [unknown];
    const messages = ["a", "b"].map((id) => aMessage(id, { state: "unknown", calls }));
    expect(judge(evidence(messages, [aRequest("a")]))).toMatchObject({
      unknown: 2,
      unknownTaken: 1,
    });
  });
});
