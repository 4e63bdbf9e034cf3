import { sql } from "kysely";
import type { StubLine } from "../src/channel/stub-log.ts";
import type { StubFaults } from "../src/channel/provider-stub-process.ts";
import type { Database } from "../src/database/database.ts";
import { resumeChannel } from "../src/message/channel-state.ts";
import { readLog } from "./evidence.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { answerMs, concurrency, deadline } from "./sizes.ts";
import { earlyCalls, grown, lateAnswers, type Throttle } from "./targets.ts";

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
    const throttles: Throttle[] = [];
    for (const [turn, [manner, restMs]] of manners.entries()) {
      await stage.untilAsked(0.2 * (turn + 1));
      throttles.push({ manner, restMs, fromMs: Date.now() });
      await stage.stub.behave({ faults: { [manner]: 1 }, answerMs });
      const asked = await stage.requests();
      await stage.until("a 429", async () => (await stage.requests()) > asked + 3);
      await stage.stub.behave(well);
    }
    await stage.untilAsked(1);
    await stage.hurriedRest();
    await stage.expectNone("charged an attempt for a 429", "strikes > 0");
    const most = workers * concurrency;
    stage.faults.push(...earlyCalls(readLog(stage.log), throttles, answerMs, most));
  },
};

/** How the provider says 429, and how long it is left alone then: as long as it says, else a second. */
const manners = [
  ["tooManyUntilReset", 3000],
  ["tooManyRetryAfter", 3000],
  ["tooManyRequests", 1000],
] as const;

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
    await stage.stub.behave({
      faults: { drippingHead: 0.03, acceptedDripping: 0.03, endless: 0.01, acceptedAsBomb: 0.05 },
      answerMs,
    });
    const both = await stage.workers(workers);
    const before = both.map((worker) => worker.memory());
    await stage.signUp();
    await stage.rest();
    const held = readLog(stage.log).filter(({ travels }) => /dripping|endless/.test(travels));
    const neverTaken = held.filter(({ travels }) => /head|endless/.test(travels));
    stage.window = neverTaken.length;
    const took = await stage.look((database) => durations(database, held));
    stage.faults.push(...lateAnswers(took, deadline * 1000));
    const growth = both.map((worker, index) => worker.peakMemory() - (before[index] ?? 0));
    stage.faults.push(...growth.flatMap(grown));
    const [slowest, most] = [Math.max(...took), Math.max(...growth)];
    stage.notes.push(
      `calls held up ended after ${(slowest / 1000).toFixed(1)} s at the latest, workers grew by ${Math.round(most / 2 ** 20)} MB`,
    );
  },
};

/** From the request until its outcome was recorded: the provider's log and the ledger have the same machine's clock. */
async function durations(database: Database, lines: readonly StubLine[]): Promise<number[]> {
  const ids = lines.map(({ deliveryId }) => deliveryId);
  const { rows } = await sql<{ id: string; at: Date }>`
    select m.delivery_id as id, a.finished_at as at from attempts a join messages m on m.id = a.message_id
    where m.delivery_id = any(${ids}::uuid[]) and a.number = 1 and a.finished_at is not null`.execute(
    database,
  );
  const ended = new Map(rows.map(({ id, at }) => [id, at.getTime()]));
  return lines.flatMap(({ deliveryId, at }) => {
    const end = ended.get(deliveryId ?? "");
    return end === undefined ? [] : [end - Date.parse(at)];
  });
}

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
    stage.endings.push({ states: ["failed"], least: refused, most: refused });
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
