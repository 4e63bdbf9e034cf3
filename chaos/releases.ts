import { migrate } from "../src/database/migrate.ts";
import { applyWelcome } from "./project.ts";
import { thisRelease } from "./release.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

const releases: Scenario = {
  name: "releases",
  when: "workers of an older release are at work while this one migrates, join them and take their place",
  proves: ["G13"],
  older: true,
  async play(stage) {
    const { older } = stage;
    const old = await stage.workers(2, { release: older });
    await stage.signUp(1, 3);
    await stage.untilAsked(0.1);
    const began = performance.now();
    const applied = await migrate(stage.database, {
      folder: thisRelease.migrations,
      schema: "waypost",
    });
    const seconds = (performance.now() - began) / 1000;
    await applyWelcome(stage.database, { class: "marketing", wait: "1 second" });
    await stage.signUp(2, 3);
    await stage.untilAsked(0.5);
    if (applied.length > 0) await expectRefused(stage);
    await stage.workers(2);
    await stage.signUp(3, 3);
    await stage.untilAsked(0.8);
    if (old.some(({ isGone }) => isGone)) stage.faults.push("a worker of the older release ended");
    for (const worker of old) await stage.stop(worker);
    await stage.rest();
    stage.notes.push(
      `${applied.length} migrations in ${seconds.toFixed(1)} s, ${applied.at(0) ?? "none"} to ${applied.at(-1) ?? "none"}`,
    );
  },
};

/** A process that knows less than its database has been told does not begin. */
async function expectRefused(stage: Stage): Promise<void> {
  const late = await stage.worker({ release: stage.older, isHeard: true });
  await stage.moment();
  const isTold = late.said.some((line) => line.includes("the database is newer than this code"));
  if (!late.isGone || !isTold)
    stage.faults.push("a worker of the older release was not refused after the migration");
}

export const releaseScenarios: readonly Scenario[] = [releases];
