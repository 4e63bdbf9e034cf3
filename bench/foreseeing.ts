import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plan } from "../src/plan/plan.ts";
import { keenText } from "./counting.ts";
import type { Ground } from "./ground.ts";
import { fillEvents } from "./population.ts";
import { writeProject } from "./project.ts";
import type { Row } from "./row.ts";

const door = fileURLToPath(new URL("../bin/waypost.cjs", import.meta.url));
const run = promisify(execFile);

const journey = `journey: keen-viewers
describe: Write to those who look often
topic: offers
start: { segment: keen, backfill: true }
steps:
  - send: news
    by: email
  - wait: 3 days
  - if: { event: page_viewed, within: 3 days }
    then: [{ send: news, by: email, id: again }]
`;

/** `waypost plan` of a new segment and a new journey for it, as its operator runs it. */
export async function* foreseeing(ground: Ground): AsyncGenerator<Row> {
  const { customers, eventsEach } = ground.sizes;
  const { database, url, drop } = await ground.fresh("customers");
  ground.say(`  filling in ${customers * eventsEach} events`);
  await fillEvents(database, customers, eventsEach, new Date());
  const folder = join(ground.folder, "foreseen");
  writeProject(folder);
  writeFileSync(join(folder, "workflows", "keen-viewers.yaml"), journey);
  writeFileSync(join(folder, "workflows", "segments", "keen.yaml"), keenText);
  const started = performance.now();
  const { stdout } = await run(process.execPath, [door, "plan", "--json"], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: url, LOG_LEVEL: "error" },
    maxBuffer: 100_000_000,
  });
  const seconds = (performance.now() - started) / 1000;
  await drop();
  const audience = (JSON.parse(stdout) as Plan).journeys[0]?.audience;
  yield {
    work: "plan of a new segment and its journey",
    queues: null,
    value: seconds * 1000,
    unit: "ms",
    target: "seconds for a million customers",
    note: `${audience?.entering} would enter, by ${audience?.members?.found.by}`,
    faults: (audience?.entering ?? 0) > 0 ? [] : ["plan: expected some to enter, found none"],
  };
}
