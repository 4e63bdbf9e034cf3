import { describe, expect, it } from "vitest";
import type { Evidence, Expected, LedgerCall, LedgerRow, Passage } from "../../chaos/evidence.ts";
import { judge } from "../../chaos/oracle.ts";
import type { StubLine } from "../../src/channel/stub-log.ts";

const noon = Date.parse("2026-01-12T12:00:00Z");

const accepted = aCall("accepted");
const unknown = aCall("unknown", { code: "worker_stopped" });
const throttled = aCall("later", { code: "429" });
const notCalled = aCall("later", { code: "not_called" });
const refused = aCall("refused", { code: "550" });

function aCall(outcome: LedgerCall["outcome"], given: Partial<LedgerCall> = {}): LedgerCall {
  return { outcome, code: null, provider: "sendgrid", committedAt: noon - 5, ...given };
}

function aRequest(id: string, given: Partial<StubLine> = {}): StubLine {
  const usual = { provider: "sendgrid", attempt: 1, taken: true, status: null, travels: "whole" };
  const at = new Date(noon).toISOString();
  return { at, deliveryId: id, to: `to ${id}`, says: `hello ${id}`, ...usual, ...given };
}

function aMessage(id: string, given: Partial<LedgerRow> = {}): LedgerRow {
  const { calls = [accepted] } = given;
  const usual = { class: "marketing", state: "accepted" } as const;
  return {
    id,
    deliveryId: id,
    enrollmentId: id,
    attempts: calls.length,
    to: `to ${id}`,
    says: `hello ${id}`,
    calls,
    ...usual,
    ...given,
  };
}

type Given = Partial<Pick<Evidence, "passages"> & Omit<Expected, "passages">> & {
  expected?: number;
};

/** Each message has its passage; every passage is there that should be, and a message may end unknown. */
function evidence(
  messages: readonly LedgerRow[],
  lines: readonly StubLine[],
  given: Given = {},
): Evidence {
  const passages =
    given.passages ?? [...new Set(messages.map(({ enrollmentId }) => enrollmentId))].map(aPassage);
  const { expected = passages.length, unknown: left = 1, isTold = false, endings = [] } = given;
  return {
    expected: { passages: expected, unknown: left, isTold, endings },
    messages,
    lines,
    passages,
  };
}

function aPassage(id: string): Passage {
  return { id, customerId: id, journeyId: "1", state: "completed" };
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
      evidence([aMessage("a", { state: "suppressed", calls: [], to: null })], [], {
        endings: [{ states: ["suppressed", "failed"], least: 1, most: 1 }],
      }),
    ],
    [
      "an SMS of unknown outcome that Twilio never had, sent again",
      evidence(
        [aMessage("a", { calls: [aCall("unknown", { provider: "twilio" }), accepted] })],
        [aRequest("a", { taken: false }), aRequest("a")],
      ),
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
      evidence([aMessage("a", { calls: [aCall(null)] })], [aRequest("a")]),
      ["I1 calls that nobody has ended: a"],
    ],
    [
      "marketing sent again after an unknown outcome",
      evidence(
        [aMessage("a", { calls: [unknown, accepted] })],
        [aRequest("a", { taken: false }), aRequest("a")],
      ),
      [
        "I2 called again though a call before may have been processed: a",
        "I2 asked for more often than it may be: a",
      ],
    ],
    [
      "marketing called again after an unknown outcome whose request never arrived",
      evidence([aMessage("a", { calls: [unknown, accepted] })], [aRequest("a")]),
      ["I2 called again though a call before may have been processed: a"],
    ],
    [
      "an SMS that Twilio had, sent again all the same",
      evidence(
        [aMessage("a", { calls: [aCall("unknown", { provider: "twilio" }), accepted] })],
        [aRequest("a"), aRequest("a")],
      ),
      [
        "I2 called again though a call before may have been processed: a",
        "I2 taken by the provider twice: a",
      ],
    ],
    [
      "a receipt that goes out again though it was accepted",
      evidence(
        [aMessage("a", { class: "transactional", calls: [accepted, unknown] })],
        [aRequest("a")],
      ),
      ["I2 called again though a call before may have been processed: a"],
    ],
    [
      "a receipt that is sent again all day",
      evidence(
        [aMessage("a", { class: "transactional", calls: [...Array(5).fill(unknown), accepted] })],
        [aRequest("a")],
      ),
      ["I2 called again though a call before may have been processed: a"],
    ],
    [
      "a message the provider took twice",
      evidence([aMessage("a", { calls: [throttled, accepted] })], [aRequest("a"), aRequest("a")]),
      ["I2 taken by the provider twice: a"],
    ],
    [
      "a request before its attempt was committed",
      evidence([aMessage("a", { calls: [] })], [aRequest("a")]),
      [
        "I2 asked for without a committed attempt: a",
        "I3 in a state that no call of theirs bears out: a",
      ],
    ],
    [
      "a request that came before its attempt was committed",
      evidence(
        [aMessage("a", { calls: [aCall("accepted", { committedAt: noon + 2 })] })],
        [aRequest("a")],
      ),
      ["I2 asked for before the attempt was committed: a"],
    ],
    [
      "a second request that came before the second attempt was committed",
      evidence(
        [aMessage("a", { calls: [throttled, aCall("accepted", { committedAt: noon + 2 })] })],
        [aRequest("a", { taken: false, status: 429 }), aRequest("a")],
      ),
      ["I2 asked for before the attempt was committed: a"],
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
        passages: ["a", "b"].map((id) => ({ ...aPassage(id), customerId: "1" })),
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
      evidence([aMessage("a", { state: "failed", calls: [refused] })], [aRequest("a")], {
        endings: [{ states: ["failed"], most: 1 }],
      }),
      ["I3 taken by the provider, and the ledger says failed: a"],
    ],
    [
      "a message that went to another customer's address",
      evidence([aMessage("a"), aMessage("b")], [aRequest("a", { to: "to b" }), aRequest("b")]),
      ["I3 handed over for another address than the ledger's: a"],
    ],
    [
      "a message with another customer's text",
      evidence([aMessage("a"), aMessage("b")], [aRequest("a", { says: "hello b" }), aRequest("b")]),
      ["I3 handed over with another customer's text: a"],
    ],
    [
      "a request whose recipient nobody could read",
      evidence([aMessage("a")], [aRequest("a", { to: null })]),
      ["I3 handed over for another address than the ledger's: a"],
    ],
    [
      "accepted, though every call was refused",
      evidence([aMessage("a", { calls: [refused] })], [aRequest("a")]),
      ["I3 in a state that no call of theirs bears out: a"],
    ],
    [
      "failed, though the call was accepted",
      evidence([aMessage("a", { state: "failed" })], [], {
        endings: [{ states: ["failed"], most: 1 }],
      }),
      ["I3 in a state that no call of theirs bears out: a"],
    ],
    [
      "suppressed after a call of unknown outcome",
      evidence([aMessage("a", { state: "suppressed", calls: [unknown] })], [], {
        endings: [{ states: ["suppressed"], most: 1 }],
      }),
      ["I3 in a state that no call of theirs bears out: a"],
    ],
    [
      "bounced, where nothing bounces",
      evidence([aMessage("a", { state: "bounced" })], [aRequest("a")]),
      ["I1 messages bounced, which nothing gave reason to: a"],
    ],
    ...(["expired", "failed", "suppressed"] as const).map(
      (state): [string, Evidence, readonly string[]] => [
        `everybody ${state} and nobody written to`,
        evidence(
          ["a", "b"].map((id) => aMessage(id, { state, calls: [], to: null })),
          [],
        ),
        [`I1 messages ${state}, which nothing gave reason to: a,b`],
      ],
    ),
    [
      "more failed than were refused",
      evidence(
        ["a", "b"].map((id) => aMessage(id, { state: "failed", calls: [refused] })),
        [],
        {
          endings: [{ states: ["failed"], least: 1, most: 1 }],
        },
      ),
      ["I1 messages failed, expected 1: a,b"],
    ],
    [
      "fewer failed than were refused",
      evidence([aMessage("a")], [aRequest("a")], {
        endings: [{ states: ["failed"], least: 1, most: 3 }],
      }),
      ["I1 0 messages failed, expected 1 to 3: "],
    ],
    [
      "more unknown than were in flight",
      evidence(
        ["a", "b"].map((id) => aMessage(id, { state: "unknown", calls: [unknown] })),
        [],
      ),
      ["I1 messages unknown, expected at most 1: a,b"],
    ],
    [
      "unknown, though the provider has reported it",
      evidence([aMessage("a", { state: "unknown", calls: [unknown] })], [aRequest("a")], {
        isTold: true,
      }),
      ["I3 messages unknown that the provider has reported: a"],
    ],
    [
      "a passage more than there are customers",
      evidence([aMessage("a"), aMessage("b")], [aRequest("a"), aRequest("b")], { expected: 1 }),
      ["I1 1 passages more than the 1 there should be: "],
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
        passages: [aPassage("7")],
      }),
      ["I4 passages over without a word: 7"],
    ],
    [
      "a passage that is not over",
      evidence([aMessage("a")], [aRequest("a")], {
        passages: [{ ...aPassage("a"), state: "waiting" }],
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

  it("who has no word though the passage is over is lost, and so is who ends in a state without a reason", () => {
    const passages = ["a", "b"].map(aPassage);
    const expired = aMessage("a", { state: "expired", calls: [], to: null });
    expect(judge(evidence([expired], [], { passages }))).toMatchObject({ lost: 2, doubled: 0 });
  });
});
