import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";
import { readLog } from "./evidence.ts";
import { applyAll, writeProject } from "./project.ts";
import type { Scenario } from "./scenario.ts";
import { patientDeadline } from "./sizes.ts";
import type { Stage } from "./stage.ts";
import { tooFast, type Turn, unfair } from "./targets.ts";

const perSecond = 50;
/** At the provider, since two requests take their time to get there, and not the same. */
const spanAtProviderMs = 500;

const campaign = { name: "welcome", event: "signed_up", class: "marketing" } as const;
/** One customer in ten also comes into each of these, while the campaign goes out to all. */
const small = [
  { name: "basket", event: "left_basket", class: "marketing" },
  { name: "receipt", event: "ordered", class: "transactional" },
] as const;

const shares: Scenario = {
  name: "shares",
  when: "a campaign to everybody waits for a channel with a rate, and a small journey and receipts come after it",
  proves: ["G20"],
  async play(stage) {
    writeProject(stage.folder, { rate: `${perSecond}/second`, deadline: patientDeadline });
    await applyAll(stage.database, [campaign, ...small]);
    await stage.workers(4);
    await stage.signUp();
    await stage.untilAsked(0.05);
    const few = Math.floor(stage.customers / 10);
    for (const { event } of small) await stage.happen(event, few);
    stage.passages += small.length * few;
    await stage.rest();
    await judgeShares(stage);
  },
};

async function judgeShares(stage: Stage): Promise<void> {
  const journeys = await stage.look(journeysOf);
  const turns = readLog(stage.log).flatMap(({ deliveryId, at }): Turn[] => {
    const journey = journeys.get(deliveryId ?? "");
    return journey === undefined ? [] : [{ at: Date.parse(at), journey }];
  });
  const times = turns.map(({ at }) => at);
  stage.faults.push(
    ...tooFast(await stage.look(openingsOf), perSecond, 1000),
    ...tooFast(times, perSecond, spanAtProviderMs),
  );
  const begun = await stage.look((database) => beginnings(database));
  const [basket = 0, receipt = 0] = small.map(({ name }) => begun.get(name) ?? 0);
  const marketing = turns.filter(({ journey }) => journey !== "receipt");
  const meanwhile = lastOf(turns, "basket");
  stage.faults.push(
    ...unfair(marketing, "basket", basket),
    ...unfair(
      marketing.filter(({ at }) => at <= meanwhile),
      campaign.name,
      basket,
    ),
    ...unfair(turns, "receipt", receipt),
  );
  const seconds = (lastOf(turns, campaign.name) - Math.min(...times)) / 1000;
  const told = (name: string, from: number) =>
    `${name} done after ${((lastOf(turns, name) - from) / 1000).toFixed(0)} s`;
  stage.notes.push(
    `campaign ${seconds.toFixed(0)} s, ${told("basket", basket)}, ${told("receipt", receipt)}`,
  );
}

const lastOf = (turns: readonly Turn[], name: string) =>
  Math.max(...turns.filter(({ journey }) => journey === name).map(({ at }) => at));

async function journeysOf(database: Database): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; name: string }>`
    select m.delivery_id as id, j.name from messages m join journeys j on j.id = m.journey_id`.execute(
    database,
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** When each call was opened, by the clock that counts the rate. */
async function openingsOf(database: Database): Promise<number[]> {
  const { rows } = await sql<{ at: number }>`
    select extract(epoch from opened_at)::float8 * 1000 as at from attempts where code is distinct from 'not_called'`.execute(
    database,
  );
  return rows.map(({ at }) => at);
}

/** When the first message of each journey was planned. */
async function beginnings(database: Database): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; at: Date }>`
    select j.name, min(m.planned_at) as at from messages m join journeys j on j.id = m.journey_id group by 1`.execute(
    database,
  );
  return new Map(rows.map(({ name, at }) => [name, at.getTime()]));
}

export const sharesScenarios: readonly Scenario[] = [shares];
