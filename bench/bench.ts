/**
 * `npm run bench`: what Waypost does a second, beside what its parts alone could do in the same run. Everything runs on
 * a database, a Redis and a folder of the run's own, which are gone when it ends. docs/performance.md says what each row
 * means.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { ceilings } from "./ceilings.ts";
import { Closers, endOnSignal } from "./closers.ts";
import { counting } from "./counting.ts";
import { foreseeing } from "./foreseeing.ts";
import { type Ground, type Queues, prepareGround } from "./ground.ts";
import { importing } from "./importing.ts";
import { latency } from "./latency.ts";
import { messagesToOutbox, messagesToSendgrid } from "./messages.ts";
import { advancing, enrolling, planning } from "./passages.ts";
import { growthTable, lineOf, machine, table } from "./report.ts";
import { reporting } from "./reporting.ts";
import type { Noted, Row } from "./row.ts";
import { scaling } from "./scaling.ts";
import { sizesFor } from "./sizes.ts";

const measurements: Readonly<Record<string, (ground: Ground) => AsyncGenerator<Row>>> = {
  messages: messagesToSendgrid,
  outbox: messagesToOutbox,
  enrolling,
  advancing,
  planning,
  importing,
  counting,
  plan: foreseeing,
  latency,
  reporting,
  ceilings,
  scaling,
};

/** What grows with the customers, or should not. */
const growing = ["enrolling", "advancing", "planning", "counting", "plan", "messages"] as const;

/** Minutes of waiting for a slow provider: asked for by name. */
const onDemand: ReadonlySet<string> = new Set(["scaling"]);

const byDefault = Object.keys(measurements).filter((name) => !onDemand.has(name));

const help = `Usage: npm run bench -- [options]

  --customers N    how many customers (default 100000; 200 with --small)
  --only NAME      some of: ${Object.keys(measurements).join(", ")}; may be given more than once
  --growth         everything at a hundredth, a tenth and all of the customers (default 1000000), and how the cost
                   of one grows; by default of ${growing.join(", ")}
  --backend WHERE  where the queues are: postgres, redis or both (default)
  --file FILE      import a file of orders of your own as well
  --map FILE       with the mapping that reads it
  --small          a smoke run of seconds, whose figures say nothing
  --json FILE      write the rows as JSON too
  --profile FOLDER write a CPU profile of each measured process there
  --statements     say which statements took the database's time (messages, planning, importing)
  --help

Examples:
  npm run bench
  npm run bench -- --only messages --backend postgres
  npm run bench -- --only scaling --customers 20000
  npm run bench -- --growth --backend postgres
  npm run bench -- --only importing --file invoices.csv --map mappings/online-retail.yaml
`;

const { values: given } = parseArgs({
  options: {
    customers: { type: "string" },
    only: { type: "string", multiple: true },
    growth: { type: "boolean", default: false },
    backend: { type: "string", default: "both" },
    file: { type: "string" },
    map: { type: "string" },
    small: { type: "boolean", default: false },
    json: { type: "string" },
    profile: { type: "string" },
    statements: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const backends: Readonly<Record<string, readonly Queues[]>> = {
  postgres: ["postgres"],
  redis: ["redis"],
  both: ["postgres", "redis"],
};

if (given.help) say(help);
else process.exitCode = await run();

async function run(): Promise<number> {
  const customers = Number(
    given.customers ?? (given.small ? 200 : given.growth ? 1_000_000 : 100_000),
  );
  const queues = backends[given.backend];
  const only = given.only ?? (given.growth ? growing : byDefault);
  const unknown = only.filter((name) => measurements[name] === undefined);
  if (!Number.isInteger(customers) || customers < 20 || customers > 10_000_000)
    return refuse(`--customers: expected a whole number from 20, got "${given.customers}"`);
  if (queues === undefined)
    return refuse(`--backend: expected postgres, redis or both, got "${given.backend}"`);
  if (unknown.length > 0)
    return refuse(
      `--only: expected some of ${Object.keys(measurements).join(", ")}, got "${unknown.join(", ")}"`,
    );
  const sizes = given.growth ? [customers / 100, customers / 10, customers] : [customers];
  if (sizes.some((size) => !Number.isInteger(size) || size < 20))
    return refuse(`--customers: with --growth expected thousands, got "${given.customers}"`);
  const closers = new Closers();
  endOnSignal(closers, say);
  try {
    const started = performance.now();
    const rows: Noted[] = [];
    for (const size of sizes) rows.push(...(await measureAll({ customers: size, queues, only })));
    tell(rows, { sizes, seconds: Math.round((performance.now() - started) / 1000) });
    return rows.some(({ faults = [] }) => faults.length > 0) ? 1 : 0;
  } finally {
    await closers.close();
  }

  /** On servers of its own: what one size left behind weighs on no other. */
  async function measureAll(what: Measurement): Promise<readonly Noted[]> {
    const mine = new Closers();
    const closeEarly = closers.add(() => mine.close());
    const rows = await measure(mine, what);
    await closeEarly();
    return rows;
  }
}

interface Measurement {
  readonly customers: number;
  readonly queues: readonly Queues[];
  readonly only: readonly string[];
}

async function measure(
  closers: Closers,
  { customers, queues, only }: Measurement,
): Promise<readonly Noted[]> {
  const ground = await prepareGround(
    {
      sizes: sizesFor(customers, given),
      queues,
      file: given.file === undefined ? undefined : { path: given.file, mapping: given.map },
      profile: given.profile,
      statements: given.statements,
      say,
    },
    closers,
  );
  const rows: Noted[] = [];
  for (const name of only) {
    for await (const row of measurements[name]?.(ground) ?? []) {
      rows.push(noted(row, customers));
      say(lineOf(noted(row, customers)));
    }
  }
  return rows;
}

function tell(
  rows: readonly Noted[],
  { sizes, seconds }: { sizes: readonly number[]; seconds: number },
): void {
  const on = machine();
  for (const size of sizes) {
    say(`\n${table(rows.filter(({ customers }) => customers === size))}\n`);
    say(`${size} customers, ${on.cores} cores (${on.processor}), Node ${on.node}`);
  }
  if (given.growth) say(`\n${growthTable(rows)}\n`);
  say(`${seconds} s`);
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ machine: on, rows }, null, 2)}\n`);
}

/** Where less is better (times), the ratio says the same: how much of the ceiling's speed is reached. */
function noted(row: Row, customers: number): Noted {
  const { ceiling, value, unit } = row;
  const isTime = unit === "ms" || unit === "s";
  const ratio =
    ceiling === undefined ? null : isTime ? ceiling.value / value : value / ceiling.value;
  return { ...row, customers, ratio, load: loadavg()[0] ?? 0 };
}

function refuse(message: string): number {
  process.stderr.write(`bench: ${message}\n\n${help}`);
  return 2;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
