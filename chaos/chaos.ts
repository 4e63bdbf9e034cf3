/**
 * `npm run chaos`: breaks a running Waypost in every way we know, and lets an oracle say what came of it. Everything runs
 * on servers, processes and a folder of the run's own, which are gone when it ends. docs/crash-contract.md says what is
 * promised.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Closers, endOnSignal } from "../bench/closers.ts";
import { breaks } from "./breaks.ts";
import { changes } from "./changes.ts";
import { conflictScenarios } from "./conflicts.ts";
import { diskScenarios } from "./full-disk.ts";
import { failoverScenarios } from "./failover.ts";
import { killedScenarios } from "./killed.ts";
import { mailScenarios } from "./mail.ts";
import { outages } from "./outages.ts";
import { providers } from "./providers.ts";
import { reportScenarios } from "./reports.ts";
import { type Ground, prepareGround } from "./ground.ts";
import { play, playPatiently } from "./play.ts";
import { hasRedis } from "./servers.ts";
import { headline, lineOf, markdown, summary } from "./report.ts";
import { releaseScenarios } from "./releases.ts";
import { restoredScenarios } from "./restored.ts";
import { sharesScenarios } from "./shares.ts";
import { connectionScenarios } from "./unconnected.ts";
import { textScenarios } from "./texts.ts";
import type { Queues, Result, Scenario } from "./scenario.ts";
import type { StageOptions } from "./stage.ts";
import { type Size, sizes } from "./sizes.ts";

const scenarios: readonly Scenario[] = [
  ...killedScenarios,
  ...breaks,
  ...outages,
  ...diskScenarios,
  ...failoverScenarios,
  ...conflictScenarios,
  ...changes,
  ...restoredScenarios,
  ...providers,
  ...connectionScenarios,
  ...mailScenarios,
  ...textScenarios,
  ...reportScenarios,
  ...sharesScenarios,
  ...releaseScenarios,
];

const help = `Usage: npm run chaos -- [options]

  --size SIZE      small (default: ${sizes.small.customers} customers, minutes) or full (${sizes.full.customers} customers, ${sizes.full.kills} kills, hours)
  --backend WHERE  where the queues are: postgres, redis or both (default)
  --seed N         the same seed strikes at the same points (default: a new one, which is printed)
  --only NAME      one of the scenarios below; may be given more than once
  --older FOLDER   a checkout of an older release with its node_modules; without it "releases" is left out
  --customers N    another number of customers
  --again          play a scenario once more that fails with every invariant held: a time not kept, on a busy machine
  --json FILE      write the results as JSON too
  --markdown       print the results as a table for docs/crash-contract.md
  --help

Scenarios:
${scenarios.map(({ name, when, proves }) => `  ${name.padEnd(16)} ${when} (${proves.join(", ")})`).join("\n")}

Examples:
  npm run chaos
  npm run chaos -- --only kills --backend redis --seed 7
  npm run chaos -- --size full --markdown --json chaos.json

It ends with 0 when nobody was lost, nobody got a message twice and the ledger knew all the while.
`;

const { values: given } = parseArgs({
  options: {
    size: { type: "string", default: "small" },
    backend: { type: "string", default: "both" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    only: { type: "string", multiple: true },
    older: { type: "string" },
    customers: { type: "string" },
    again: { type: "boolean", default: false },
    json: { type: "string" },
    markdown: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const backends: Readonly<Record<string, readonly Queues[]>> = {
  postgres: ["postgres"],
  redis: ["redis"],
  both: ["postgres", "redis"],
};

const only = given.only ?? scenarios.filter(isPlayable).map(({ name }) => name);

if (given.help) say(help);
else process.exitCode = await run();

async function run(): Promise<number> {
  const named = Object.values(sizes).find(({ name }) => name === given.size);
  const queues = backends[given.backend];
  const unknown = only.filter((name) => !scenarios.some((one) => one.name === name));
  const customers = Number(given.customers ?? named?.customers);
  if (named === undefined) return refuse(`--size: expected small or full, got "${given.size}"`);
  if (queues === undefined)
    return refuse(`--backend: expected postgres, redis or both, got "${given.backend}"`);
  if (!Number.isInteger(customers) || customers < 100 || customers > 1_000_000)
    return refuse(`--customers: expected a whole number from 100, got "${given.customers}"`);
  if (unknown.length > 0)
    return refuse(
      `--only: expected some of ${scenarios.map(({ name }) => name).join(", ")}, got "${unknown.join(", ")}"`,
    );
  const unplayable = scenarios.find((one) => only.includes(one.name) && !isPlayable(one));
  if (unplayable !== undefined) return refuse(`--only ${unplayable.name}: ${whyNot(unplayable)}`);
  const closers = new Closers();
  endOnSignal(closers, say);
  try {
    const results = await playAll(closers, { ...named, customers }, queues);
    return results.every(({ faults }) => faults.length === 0) ? 0 : 1;
  } finally {
    await closers.close();
  }
}

async function playAll(
  closers: Closers,
  size: Size,
  wanted: readonly Queues[],
): Promise<readonly Result[]> {
  const started = performance.now();
  const queues = wanted.filter((where) => where === "postgres" || hasRedis());
  if (queues.length < wanted.length)
    say(
      "\n!! Redis is missing: nothing is broken with the queues in Redis.\n!! To do so: apt-get install redis-server.\n",
    );
  say(`${size.customers} customers, seed ${given.seed}`);
  for (const one of scenarios.filter((one) => given.only === undefined && !isPlayable(one)))
    say(`!! ${one.name} is left out: ${whyNot(one)}`);
  say(headline());
  // Beside one another, each on servers of its own: scenarios mostly wait.
  const results = (await Promise.all(queues.map((where) => playOn(closers, size, where)))).flat();
  const run = { seconds: (performance.now() - started) / 1000, seed: given.seed, size };
  say(`\n${summary(results, run)}`);
  if (given.markdown) say(`\n${markdown(results, run)}`);
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ seed: given.seed, size, results }, null, 2)}\n`);
  return results;
}

async function playOn(closers: Closers, size: Size, queues: Queues): Promise<readonly Result[]> {
  const waiting = scenarios.filter(({ name, on = queues }) => only.includes(name) && on === queues);
  const results: Result[] = [];
  const { seed, older } = given;
  const playWaiting = async () => {
    const ground = await prepareGround(closers, queues);
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
      const options = { scenario, queues, size, seed, older };
      const playOnce = () => playOnItsGround(closers, ground, options);
      const result = await (given.again ? playPatiently(playOnce) : playOnce());
      results.push(result);
      say(lineOf(result));
    }
  };
  await Promise.all(Array.from({ length: size.beside }, playWaiting));
  return results.toSorted((a, b) => placeOf(a) - placeOf(b));
}

async function playOnItsGround(
  closers: Closers,
  shared: Ground,
  options: StageOptions,
): Promise<Result> {
  const { scenario, queues } = options;
  if (scenario.postgres === undefined) return play(shared, options);
  const own = new Closers();
  const close = closers.add(() => own.close());
  try {
    return await play(await prepareGround(own, queues, scenario.postgres), options);
  } finally {
    await close();
  }
}

function isPlayable(scenario: Scenario): boolean {
  return whyNot(scenario) === undefined;
}

function whyNot({ older = false, unplayable }: Scenario): string | undefined {
  if (older && given.older === undefined) return "--older says where an older release is";
  return unplayable?.();
}

function placeOf({ scenario }: Result): number {
  return scenarios.findIndex(({ name }) => name === scenario);
}

function refuse(message: string): number {
  process.stderr.write(`chaos: ${message}\n\n${help}`);
  return 2;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
