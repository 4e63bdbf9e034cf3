import { sql } from "kysely";
import { confirmRestore } from "../src/message/restored.ts";
import { type Database, connect } from "../src/database/database.ts";
import { readEvidence } from "./evidence.ts";
import { judge } from "./oracle.ts";
import { progressOf } from "./progress.ts";
import { told } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** A backup that is made in the middle, and started beside the original when that has sent everything. */
const restored: Scenario = {
  name: "restored",
  when: "a backup is restored and started after the original went on sending",
  proves: ["G12"],
  async play(stage) {
    const worker = await stage.worker();
    await stage.signUp();
    await stage.untilAsked(0.3);
    await stage.kill(worker);
    const madeAt = Date.now();
    const url = await stage.backUp();
    await stage.worker();
    await stage.rest();
    const database = connect({
      url,
      schema: "waypost",
      maxConnections: 2,
      applicationName: "chaos",
    });
    try {
      await startCopy(stage, url, database);
      stage.faults.push(...(await judgeCopy(stage, database, madeAt)));
    } finally {
      await database.destroy();
    }
  },
};

async function startCopy(stage: Stage, databaseUrl: string, database: Database): Promise<void> {
  const asked = await stage.requests();
  const copy = await stage.worker({ databaseUrl });
  await stage.until("the copy to be held back", async () => {
    const { rows } = await sql`select from installation where restored_at is not null`.execute(
      database,
    );
    return rows.length > 0;
  });
  await stage.moment();
  const before = (await stage.requests()) - asked;
  if (before > 0) stage.faults.push(`the copy sent ${before} messages before anybody confirmed`);
  const now = new Date();
  const { unknown } = await confirmRestore(database, { sentUntil: now, now });
  await stage.until("the copy to come to rest", async () => {
    const { open, over } = await progressOf(database);
    return !open && over >= stage.passages;
  });
  await stage.moment();
  const after = (await stage.requests()) - asked - before;
  if (after > 0) stage.faults.push(`the copy sent ${after} messages that the original had sent`);
  stage.notes.push(`${unknown} more of unknown outcome in the copy`);
  await stage.stop(copy);
}

/** It knows what was sent before it was made. Of all the rest it must say that it does not, since the original went on. */
async function judgeCopy(stage: Stage, database: Database, madeAt: number): Promise<string[]> {
  const expected = { ...stage.expected, unknown: stage.passages };
  const evidence = await readEvidence(database, stage.log, expected);
  const lines = evidence.lines.filter(({ at }) => Date.parse(at) <= madeAt);
  return judge({ ...evidence, lines }).violations.map((one) => `in the copy, ${told(one)}`);
}

export const restoredScenarios: readonly Scenario[] = [restored];
