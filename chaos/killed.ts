import { setTimeout as pause } from "node:timers/promises";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { concurrency, leaseSeconds } from "./sizes.ts";

/** Workers are killed in the middle, several at once now and then; others take their place. */
async function killInBursts(stage: Stage, kills: number): Promise<void> {
  await stage.web();
  const running = await stage.workers(3);
  await stage.signUp();
  for (let killed = 0; killed < kills;) {
    await stage.untilAsked((0.9 * (killed + stage.random())) / kills);
    const burst = Math.min(1 + Math.floor(2 * stage.random()), kills - killed);
    const dying = running.splice(0, burst);
    await Promise.all(dying.map((worker) => stage.kill(worker)));
    running.push(...(await stage.workers(burst)));
    killed += burst;
  }
  await stage.rest();
  stage.notes.push(`${kills} kills, ${await stage.count("unknown")} unknown before the reports`);
}

const killsAtMostOnce: Scenario = {
  name: "kills",
  when: "workers are killed in bursts",
  proves: ["G1", "G2"],
  crowd: true,
  async play(stage) {
    await killInBursts(stage, stage.size.kills);
    await stage.stub.deliverDue();
    await stage.reported();
  },
};

/** A quarter of an hour, and a little more, on the workers' clocks. */
const patienceOver = 16 * 60_000;

const killsAtLeastOnce: Scenario = {
  name: "kills-receipts",
  when: "workers are killed that send receipts, which go out again when nobody knows",
  proves: ["G3"],
  class: "transactional",
  async play(stage) {
    await killInBursts(stage, stage.size.strikes);
    const unknown = await stage.count("unknown");
    for (const one of stage.alive) one.setClock(patienceOver);
    await stage.until(
      "the unknown to be sent again",
      async () => (await stage.count("unknown")) === 0,
    );
    stage.notes.push(`${unknown} sent again`);
  },
};

const stopped: Scenario = {
  name: "paused",
  when: "a worker is stopped longer than its lease, and goes on",
  proves: ["G6"],
  async play(stage) {
    const [first, ...others] = await stage.workers(3);
    await stage.signUp();
    for (let strike = 1; strike <= stage.size.strikes; strike++) {
      await stage.untilAsked((0.8 * strike) / (stage.size.strikes + 1));
      first?.signal("SIGSTOP");
      await pause((leaseSeconds + 3) * 1000);
      first?.signal("SIGCONT");
    }
    await stage.rest();
    // An answer that came too late for the whole call is no answer.
    stage.window = stage.size.strikes * concurrency;
    stage.notes.push(`${others.length} others went on meanwhile`);
  },
};

export const killedScenarios: readonly Scenario[] = [killsAtMostOnce, killsAtLeastOnce, stopped];
