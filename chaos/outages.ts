import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { Client } from "pg";
import { readLog } from "./evidence.ts";
import type { Process } from "./process.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { silencesAfter, lateResumes, targets } from "./targets.ts";

/**
 * Strikes again and again while messages go out, which must go on soon after each: before and after every strike others
 * sign up, so that there is always somebody left to be called. Nothing may be left unknown, since nobody dies.
 */
export async function strikeUnderLoad(
  stage: Stage,
  withinMs: number,
  strike: (workers: readonly Process[], turn: number) => Promise<void>,
  given: Parameters<Stage["workers"]>[1] = {},
): Promise<void> {
  const strikes: number[] = [];
  const workers = await stage.workers(3, given);
  const turns = stage.size.strikes + 1;
  for (let turn = 1; turn < turns; turn++) {
    await stage.signUp(turn, turns);
    await stage.untilAsked((turn - 0.6) / turns);
    await strike(workers, turn);
    strikes.push(Date.now());
  }
  await stage.signUp(turns, turns);
  await stage.rest();
  const lines = readLog(stage.log);
  stage.faults.push(...lateResumes(lines, strikes, withinMs));
  const silences = silencesAfter(lines, strikes).filter((ms) => ms < Infinity);
  stage.notes.push(
    `${(Math.max(...silences) / 1000).toFixed(1)} s without a call at most after ${silences.length} of ${strikes.length} strikes`,
  );
  if (workers.some(({ isGone }) => isGone)) stage.faults.push("a worker ended by itself");
}

const databaseRestarts: Scenario = {
  name: "database",
  when: "the database is restarted at once, with no goodbye",
  proves: ["G4"],
  async play(stage) {
    await strikeUnderLoad(stage, targets.resumeMs, () => stage.ground.postgres.restart());
  },
};

const connections: Scenario = {
  name: "connections",
  when: "others take every connection the database has, and ours are cut",
  proves: ["G4"],
  async play(stage) {
    await strikeUnderLoad(stage, targets.resumeMs, async () => {
      const taken: Client[] = [];
      try {
        while (await takeOne(stage, taken));
        // By one of those taken, since there is no other left.
        await taken[0]?.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waypost'",
        );
        while (await takeOne(stage, taken));
        await pause(2000);
      } finally {
        await Promise.all(taken.map((client) => client.end()));
      }
    });
  },
};

/** False when there are none left. */
async function takeOne(stage: Stage, taken: Client[]): Promise<boolean> {
  const client = new Client({ connectionString: stage.databaseUrl });
  client.on("error", () => {});
  try {
    await client.connect();
    taken.push(client);
    return true;
  } catch {
    return false;
  }
}

const flushed: Scenario = {
  name: "queue-flushed",
  when: "Redis is emptied",
  proves: ["G5"],
  on: "redis",
  async play(stage) {
    await strikeUnderLoad(stage, targets.refillMs, async () => stage.ground.redis?.empty());
  },
};

const redisRestarts: Scenario = {
  name: "queue-restarts",
  when: "Redis is killed and comes back with nothing",
  proves: ["G5"],
  on: "redis",
  async play(stage) {
    await strikeUnderLoad(stage, targets.refillMs, async () => stage.ground.redis?.restart(1000));
  },
};

const redisIsFull: Scenario = {
  name: "queue-full",
  when: "Redis has no memory left and refuses to store anything",
  proves: ["G5"],
  on: "redis",
  async play(stage) {
    await strikeUnderLoad(stage, targets.refillMs, async () => {
      await stage.ground.redis?.limitMemory(1);
      await pause(2000);
      await stage.ground.redis?.limitMemory(0);
    });
  },
};

const truncated: Scenario = {
  name: "queue-lost",
  when: "the queues' tables are emptied",
  proves: ["G5"],
  on: "postgres",
  async play(stage) {
    await strikeUnderLoad(stage, targets.refillMs, async () => {
      const { rows } = await sql<{ name: string }>`
        select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname = 'waypost_queue' and tablename !~ 'migration|meta'`.execute(
        stage.database,
      );
      const names = rows.map(({ name }) => name).join(", ");
      await sql`truncate ${sql.raw(names)}`.execute(stage.database);
    });
  },
};

export const outages: readonly Scenario[] = [
  databaseRestarts,
  connections,
  flushed,
  redisRestarts,
  redisIsFull,
  truncated,
];
