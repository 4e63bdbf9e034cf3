import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { strikeUnderLoad } from "./outages.ts";
import type { Process } from "./process.ts";
import type { Scenario } from "./scenario.ts";
import { startOnSmallDisk, whyNoSmallDisk } from "./small-disk.ts";
import type { Stage } from "./stage.ts";
import { busyInVain, targets } from "./targets.ts";

const fullMs = 5000;
/** Longer than a worker tries to write down an answer at once. */
const longMs = 45_000;

const fullDisk: Scenario = {
  name: "disk-full",
  when: "the database's disk is full, so that it refuses to write, and ends where it cannot write its log",
  proves: ["G4"],
  postgres: startOnSmallDisk,
  unplayable: whyNoSmallDisk,
  async play(stage) {
    let ended = 0;
    const given = { isHeard: true, environment: { LOG_LEVEL: "warn" } };
    await strikeUnderLoad(
      stage,
      targets.resumeMs,
      async (workers, turn) => {
        await stage.ground.postgres.disk?.fill();
        const forMs = turn === stage.size.strikes && stage.size.name === "full" ? longMs : fullMs;
        // Somebody else's writes use up what is left of its log.
        if (turn % 2 === 0) ended += await writeUntilItEnds(stage);
        stage.faults.push(...(await watch(workers, forMs)));
        await stage.ground.postgres.disk?.free();
      },
      given,
    );
    if (ended === 0) stage.faults.push("expected the server to end for want of room, it did not");
    stage.notes.push(`the server ended ${ended} times`);
  },
};

/** Half a segment of the log with each statement. */
async function writeUntilItEnds(stage: Stage): Promise<number> {
  const client = new Client({ connectionString: stage.databaseUrl });
  client.on("error", () => {});
  try {
    await client.connect();
    for (let turn = 0; turn < 1000; turn++)
      await client.query("select pg_logical_emit_message(false, 'chaos', repeat('x', 8000000))");
    return 0;
  } catch {
    return 1;
  } finally {
    await client.end().catch(() => {});
  }
}

/** They wait, and neither use a processor up nor fill the log with what everybody knows. */
async function watch(workers: readonly Process[], forMs: number): Promise<string[]> {
  const before = workers.map((one) => ({ cpu: one.processorSeconds(), lines: one.said.length }));
  await pause(forMs);
  return workers.flatMap((one, index) => {
    const { cpu = 0, lines = 0 } = before[index] ?? {};
    return busyInVain({
      seconds: forMs / 1000,
      processor: one.processorSeconds() - cpu,
      lines: one.said.length - lines,
    });
  });
}

export const diskScenarios: readonly Scenario[] = [fullDisk];
