import { sql } from "kysely";
import type { StubEvent } from "../src/channel/stub-event.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { answerMs, concurrency } from "./sizes.ts";

const life: readonly StubEvent[] = [
  { what: "processed", afterMs: 0 },
  { what: "deferred", afterMs: 10 },
  { what: "delivered", afterMs: 20 },
];

/** Every message was delivered, but for those a killed worker never called about, and every event is written down once. */
async function expectAllDelivered(stage: Stage, eventsEach: number): Promise<void> {
  const { rows } = await sql<{ known: number; orphans: number }>`
    select count(*) filter (where message_id is not null)::int as known,
      count(*) filter (where message_id is null)::int as orphans from reports`.execute(
    stage.database,
  );
  const [{ known, orphans } = { known: 0, orphans: 0 }] = rows;
  const delivered = await stage.count("delivered");
  const unknown = await stage.count("unknown");
  if (unknown > stage.window || delivered + unknown !== stage.customers)
    stage.faults.push(`${delivered} of ${stage.customers} delivered: ${await stage.states()}`);
  if (known !== delivered * eventsEach)
    stage.faults.push(`${known} events, expected ${delivered * eventsEach}`);
  stage.notes.push(`${known} events once, ${orphans} about nobody`);
}

const shuffled: Scenario = {
  name: "reports-shuffled",
  when: "every report comes ten times, in no order, among those of strangers, thousands at once",
  proves: ["G21", "G22"],
  async play(stage) {
    const webhooks = {
      order: "shuffled",
      copies: 10,
      strangers: 20,
      eventsInOnePost: 2000,
    } as const;
    await stage.reportSo(webhooks);
    await stage.stub.behave({ faults: {}, answerMs, events: life });
    await stage.web();
    await stage.workers(2);
    await stage.signUp();
    await stage.rest();
    await stage.stub.deliverDue();
    await stage.reported();
    await expectAllDelivered(stage, life.length);
  },
};

const early: Scenario = {
  name: "reports-early",
  when: "reports come before the answer of the call they are about",
  proves: ["G23"],
  async play(stage) {
    await stage.reportSo({ pace: 1 });
    await stage.stub.behave({ faults: {}, answerMs: 400, events: life });
    await stage.web();
    await stage.workers(2);
    await stage.signUp();
    await stage.rest();
    await stage.reported();
    await expectAllDelivered(stage, life.length);
  },
};

const forged: Scenario = {
  name: "reports-forged",
  when: "reports come that nobody signed, or somebody with an old key",
  proves: ["G24"],
  async play(stage) {
    const web = await stage.web();
    for (const [turn, signed] of (["not", "old_key"] as const).entries()) {
      await stage.reportSo({ signed });
      await stage.stub.behave({ faults: {}, answerMs, events: [{ what: "bounced", afterMs: 0 }] });
      const worker = await stage.worker();
      await stage.signUp(turn + 1, 2);
      await stage.until(
        "half to go out",
        async () => (await stage.requests()) >= stage.customers / 2,
      );
      await stage.stub.deliverDue();
      await worker.stop();
    }
    await stage.worker();
    await stage.rest();
    if (web.isGone) stage.faults.push("the web process ended");
    await stage.expectNone("believed a forged report", "bounced_at is not null");
    const { rows } = await sql`select from report_inbox`.execute(stage.database);
    if (rows.length > 0) stage.faults.push(`${rows.length} forged requests were kept`);
  },
};

const killedDoor: Scenario = {
  name: "reports-killed",
  when: "the web process is killed between keeping a report and saying so, and a worker in the middle of applying it",
  proves: ["G25"],
  async play(stage) {
    // As a provider does that tries for a day: the door is down most of the time.
    await stage.reportSo({ pace: 1, eventsInOnePost: 20, tries: 1000 });
    await stage.stub.behave({ faults: {}, answerMs, events: life });
    const worker = await stage.worker({ faults: "report-apply:kill:2" });
    // Goes on: without messages nothing would be reported, and no door be killed.
    await stage.worker();
    let web = await stage.web({ faults: "after-inbox:kill:2" });
    await stage.signUp();
    for (let turn = 1; turn <= stage.size.strikes; turn++) {
      await stage.until("the web process to be killed", async () => web.isGone);
      web = await stage.web(turn < stage.size.strikes ? { faults: "after-inbox:kill:2" } : {});
    }
    await stage.until("the worker to be killed", async () => worker.isGone);
    stage.window = concurrency;
    await stage.rest();
    await stage.reported();
    await expectAllDelivered(stage, life.length);
  },
};

export const reportScenarios: readonly Scenario[] = [shuffled, early, forged, killedDoor];
