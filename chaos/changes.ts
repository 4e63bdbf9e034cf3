import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";
import { migrate } from "../src/database/migrate.ts";
import { pauseChannel, resumeChannel } from "../src/message/channel-state.ts";
import { applyWelcome } from "./project.ts";
import { thisRelease } from "./release.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** What operators do to a running Waypost on purpose. */
const stops: Scenario = {
  name: "stops",
  when: "workers are asked to stop under load, and others take their place",
  proves: ["G7"],
  async play(stage) {
    const running = await stage.workers(2);
    await stage.signUp();
    const stops = stage.size.strikes * 2;
    for (let turn = 1; turn <= stops; turn++) {
      await stage.untilAsked((0.8 * turn) / (stops + 1));
      const stopping = running.shift();
      if (stopping !== undefined) await stage.stop(stopping);
      const left = await stage.count("unknown");
      if (left > 0) stage.faults.push(`a worker that was asked to stop left ${left} unknown`);
      running.push(await stage.worker());
    }
  },
};

const pauses: Scenario = {
  name: "pauses",
  when: "an operator pauses the channel and lets it go on",
  proves: ["G11"],
  async play(stage) {
    await stage.workers(2);
    await stage.signUp();
    for (let turn = 1; turn <= stage.size.strikes; turn++) {
      await stage.untilAsked((0.8 * turn) / (stage.size.strikes + 1));
      await pauseChannel(stage.database, "email", "sendgrid", "operator", new Date());
      await stage.until("nothing to be in flight", () => stage.look(isIdle));
      const asked = await stage.requests();
      await stage.moment();
      const more = (await stage.requests()) - asked;
      if (more > 0) stage.faults.push(`${more} calls on a paused channel`);
      await resumeChannel(stage.database, "email", new Date());
    }
  },
};

const isIdle = async (database: Database) =>
  (await database.selectFrom("claims").select("id").execute()).length === 0;

const versions: Scenario = {
  name: "versions",
  when: "a new version of the journey and a migration come while old workers run, and the workers are replaced",
  proves: ["G13", "G14"],
  async play(stage) {
    const old = await stage.workers(2);
    await stage.signUp(1, 2);
    await stage.untilAsked(0.1);
    await applyWelcome(stage.database, { class: "marketing", wait: "1 second" });
    await migrateOn(stage);
    await stage.signUp(2, 2);
    for (const worker of old) {
      await stage.worker();
      await stage.stop(worker);
    }
    await stage.rest();
    const { rows } = await sql<{ astray: number; moved: number }>`
      select count(*) filter (where m.version_id <> e.version_id)::int as astray,
        count(distinct e.version_id)::int - 2 as moved
      from messages m join enrollments e on e.id = m.enrollment_id`.execute(stage.database);
    const [{ astray, moved } = { astray: 0, moved: 0 }] = rows;
    if (astray > 0) stage.faults.push(`${astray} messages of another version than their passage`);
    if (moved !== 0) stage.faults.push("expected passages of both versions");
  },
};

/** As the next release would, under the workers of this one. Then it is forgotten, so that these can be started again. */
async function migrateOn(stage: Stage): Promise<void> {
  const folder = join(stage.folder, "migrations");
  mkdirSync(folder);
  cpSync(thisRelease.migrations, folder, { recursive: true });
  const next = `alter table messages add column of_the_next_release text not null default '';
    alter table enrollments add column of_the_next_release text;
    create index messages_of_the_next_release on messages (of_the_next_release, id);`;
  writeFileSync(join(folder, "9999_next_release.sql"), next);
  await migrate(stage.database, { folder, schema: "waypost" });
  await sql`delete from migrations where name = '9999_next_release.sql'`.execute(stage.database);
}

const day = 86_400_000;

const clocks: Scenario = {
  name: "clocks",
  when: "the clocks of the workers jump a day ahead and a day back",
  proves: ["G1", "G2"],
  async play(stage) {
    const [first, second] = await stage.workers(3);
    await stage.signUp();
    for (let turn = 1; turn <= stage.size.strikes; turn++) {
      await stage.untilAsked((0.8 * turn) / (stage.size.strikes + 1));
      first?.setClock(turn % 2 === 0 ? 0 : day);
      second?.setClock(turn % 2 === 0 ? 0 : -day);
    }
    // What was planned on the fast clock is due tomorrow, until that clock is right again and catches up.
    first?.setClock(day);
    second?.setClock(0);
  },
};

const doubled: Scenario = {
  name: "doubled",
  when: "everybody signs up five times at once, and four workers hear of it",
  proves: ["G8"],
  async play(stage) {
    await stage.workers(4);
    await Promise.all([1, 2, 3, 4, 5].map(() => stage.signUp()));
  },
};

const poison: Scenario = {
  name: "poison",
  when: "one customer in a hundred has no address that can be, one a name of a megabyte",
  proves: ["G9"],
  async play(stage) {
    await sql`update customers set email = 'nobody at nowhere' where id % 100 = 0`.execute(
      stage.database,
    );
    await sql`update customers set first_name = repeat(E'\\U0001F600', 250000) where id % 100 = 50`.execute(
      stage.database,
    );
    await stage.workers(2);
    await stage.signUp();
    await stage.rest();
    const bad = Math.floor(stage.customers / 100);
    stage.endings.push({ states: ["failed", "suppressed"], least: bad, most: bad });
    const good = await stage.sent();
    stage.notes.push(`${good} sent, ${await stage.count("failed")} failed`);
  },
};

export const changes: readonly Scenario[] = [stops, pauses, versions, clocks, doubled, poison];
