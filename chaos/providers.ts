import type { StubLine } from "../src/channel/provider-stub.ts";
import type { StubFaults } from "../src/channel/provider-stub-process.ts";
import { resumeChannel } from "../src/message/channel-state.ts";
import { readLog } from "./evidence.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { answerMs, concurrency } from "./sizes.ts";

const well: StubFaults = { faults: {}, answerMs };
const workers = 2;

/** Everybody signs up at a provider that does what it likes. */
async function sendAll(stage: Stage, faults: StubFaults["faults"]): Promise<readonly StubLine[]> {
  await stage.stub.behave({ faults, answerMs });
  await stage.workers(workers);
  await stage.signUp();
  await stage.rest();
  return readLog(stage.log);
}

const throttled: Scenario = {
  name: "throttled",
  when: "the provider says 429, with X-RateLimit-Reset, with Retry-After, and with neither",
  proves: ["G15"],
  async play(stage) {
    await stage.workers(workers);
    await stage.signUp();
    const manners = ["tooManyUntilReset", "tooManyRetryAfter", "tooManyRequests"] as const;
    for (const [turn, manner] of manners.entries()) {
      await stage.untilAsked(0.2 * (turn + 1));
      await stage.stub.behave({ faults: { [manner]: 1 }, answerMs });
      const asked = await stage.requests();
      await stage.until("a 429", async () => (await stage.requests()) > asked + 3);
      await stage.stub.behave(well);
    }
    await stage.untilAsked(1);
    await stage.hurriedRest();
    await stage.expectNone("charged an attempt for a 429", "strikes > 0");
    const early = callsBeforeReset(readLog(stage.log));
    const most = workers * concurrency;
    if (early > most)
      stage.faults.push(`${early} calls before the reset, at most ${most} in flight`);
    stage.notes.push(`${early} calls in flight when told to wait`);
  },
};

/** After the first "come back in three seconds", in the two that follow. */
function callsBeforeReset(lines: readonly StubLine[]): number {
  const told = lines.find(({ status }) => status === 429);
  const at = Date.parse(told?.at ?? "") + answerMs;
  return lines.filter((line) => Date.parse(line.at) > at && Date.parse(line.at) < at + 2000).length;
}

const failing: Scenario = {
  name: "failing",
  when: "the provider fails in every way: 5xx, taken or not, drops, silence, answers too late",
  proves: ["G16"],
  async play(stage) {
    await stage.web();
    const lines = await sendAll(stage, {
      serverError: 0.05,
      serverErrorButTaken: 0.08,
      badGateway: 0.04,
      unavailable: 0.03,
      acceptedThenDropped: 0.05,
      droppedBeforeTaken: 0.02,
      acceptedThenSilent: 0.02,
      silent: 0.01,
      acceptedLate: 0.02,
    });
    const before = await stage.count("unknown");
    await stage.stub.deliverDue();
    await stage.reported();
    stage.window = lines.filter(({ taken }) => !taken).length;
    stage.notes.push(`${before} unknown before the reports`);
  },
};

const slow: Scenario = {
  name: "slow",
  when: "the provider answers a byte a second, or without end, or with fifty megabytes in fifty kilobytes",
  proves: ["G17"],
  async play(stage) {
    const lines = await sendAll(stage, {
      drippingHead: 0.03,
      acceptedDripping: 0.03,
      endless: 0.01,
      acceptedAsBomb: 0.05,
    });
    stage.window = lines.filter(({ travels }) => /head|endless/.test(travels)).length;
  },
};

const malformed: Scenario = {
  name: "malformed",
  when: "the provider answers what nobody can read, or what is another's",
  proves: ["G18"],
  async play(stage) {
    const lines = await sendAll(stage, {
      acceptedInHtml: 0.1,
      acceptedInHalfJson: 0.1,
      acceptedAsAnother: 0.1,
      acceptedCut: 0.1,
      acceptedThenClosed: 0.1,
      tooLarge: 0.02,
      badRequest: 0.02,
    });
    const refused = lines.filter(({ status }) => status === 413 || status === 400).length;
    const failed = await stage.count("failed");
    if (failed !== refused) stage.faults.push(`${refused} were refused, ${failed} have failed`);
    // A call that was written just as its connection was closed.
    stage.window = lines.filter(({ travels }) => travels === "closed").length;
  },
};

const refused: Scenario = {
  name: "refused",
  when: "the provider refuses our credentials, or sends us elsewhere",
  proves: ["G19"],
  async play(stage) {
    await stage.workers(workers);
    await stage.signUp();
    for (const [turn, answer] of (["unauthorized", "redirected"] as const).entries()) {
      await stage.untilAsked(0.3 * (turn + 1));
      await stage.stub.behave({ faults: { [answer]: 1 }, answerMs });
      await stage.until("the channel to be paused", () => stage.isPaused());
      await stage.moment();
      await stage.stub.behave(well);
      await resumeChannel(stage.database, "email", new Date());
    }
    await stage.rest();
    const calls = readLog(stage.log).filter(({ status }) => status === 401).length;
    const most = workers * concurrency;
    if (calls > most) stage.faults.push(`${calls} calls with bad credentials, expected ${most}`);
    await stage.expectNone("given up", "state = 'failed'");
    stage.notes.push(`${calls} calls with bad credentials`);
  },
};

export const providers: readonly Scenario[] = [throttled, failing, slow, malformed, refused];
