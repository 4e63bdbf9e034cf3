import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import type { Outgoing } from "../channel/channel.ts";
import { readDuration, roughSeconds } from "../duration.ts";
import { MistakesError, WaypostError, nearMiss } from "../errors.ts";
import { readPlaces } from "../journey/place.ts";
import type { JourneyFile } from "../journey/read-project.ts";
import { readPercent } from "../journey/scalar.ts";
import { type Backtest, type Backtesting, backtest } from "../rehearsal/backtest.ts";
import { estimateRows } from "../rehearsal/copy-shop.ts";
import { report as pageOf } from "../rehearsal/report.ts";
import { nullCarrier } from "../rehearsal/null-carrier.ts";
import { readAnswers } from "../rehearsal/read-props.ts";
import type { Parts } from "../rehearsal/rehearsal.ts";
import { type Scratch, openScratch } from "../rehearsal/scratch.ts";
import type { House } from "./house.ts";
import { jsonOption } from "./json-option.ts";
import { say, sayJson } from "./output.ts";
import { progress } from "./progress.ts";
import { tellFindings } from "./rehearsal-summary.ts";
import { untilStopped } from "./stop.ts";

type Rehearsal = "backtest" | "simulate";

export interface RehearsalOptions {
  readonly sample?: string;
  readonly customers?: string;
  readonly step?: string;
  readonly answers?: string;
  readonly html?: string;
  readonly json?: true;
}

/** What both take; each has days of its own. */
export function rehearsalCommand(program: Command, label: Rehearsal): Command {
  return program
    .command(label)
    .argument("[files...]", "workflow files or names of journeys, instead of all")
    .option("--sample <share>", 'a share of the customers, such as "10%": the same ones each time')
    .option(
      "--customers <list>",
      "only these: ids, e-mail addresses or names of segments, with commas",
    )
    .option(
      "--step <duration>",
      "how far the clock moves at once (default: 1 hour, of over 100 days 3 hours)",
    )
    .option(
      "--answers <json>",
      "what services answer to calls, by step: JSON such as { score: { value: 0.8 } }, or a file of it",
    )
    .option("--html <file>", `where the report goes (default: .waypost/${label}.html)`)
    .option("--json", "one line of JSON: { from, until, copied, findings, seconds, report }");
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Above so many rows the copy takes minutes, and room. */
const manyRows = 5_000_000;

export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * dayMs);
}

/** Copies the shop, plays the journeys on the copy, and tells what came of it. */
export async function rehearse(
  house: House,
  label: Rehearsal,
  files: readonly string[],
  options: RehearsalOptions,
  time: (now: Date) => { readonly from: Date; readonly until: Date },
): Promise<void> {
  const started = performance.now();
  const { config } = house;
  const { project, mistakes } = await house.project();
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  const journeys = chosen(project.journeys, files, config.folder);
  const now = house.clock.now();
  const backtesting: Backtesting = {
    ...time(now),
    journeys,
    segments: project.segments,
    isHistory: label === "backtest",
    stepMs: stepOf(options, time(now)),
    refreshMs: Math.max(dayMs, roughSeconds(config.refresh_segments) * 1000),
    sample: sampleOf(options),
    customers: options.customers?.split(",").map((one) => one.trim()) ?? null,
    answers: await answersOf(options, project.journeys),
  };
  await house.database();
  const composer = await house.composer();
  const shown = progress(label);
  const stopping = new AbortController();
  void untilStopped().then(() => stopping.abort());
  await using parts = new AsyncDisposableStack();
  parts.defer(() => shown.end());
  shown.show("making a schema", 0, 1, "");
  const url = await house.databaseUrl();
  const scratch = parts.use(await openScratch(url, config.environment.WAYPOST_SCHEMA));
  await warnOfSize(scratch, backtesting);
  const make = (onTaken: (message: Outgoing) => void): Parts => {
    const deliveries = house.deliveriesBy(nullCarrier(onTaken));
    const unhurried = [...deliveries].map(
      ([name, one]) => [name, { ...one, rate: null, concurrency: 500 }] as const,
    );
    return { config, log: house.log, composer, deliveries: new Map(unhurried) };
  };
  const result = await backtest(scratch, make, backtesting, shown.show, stopping.signal);
  shown.end();
  if (stopping.signal.aborted) {
    process.stderr.write(`${label}: stopped before its end; its schema is dropped\n`);
    process.exitCode = 130;
    return;
  }
  tell(house, label, result, options, Math.round((performance.now() - started) / 100) / 10);
}

function tell(
  { config }: House,
  label: Rehearsal,
  result: Backtest,
  options: RehearsalOptions,
  seconds: number,
): void {
  const report = resolve(options.html ?? join(config.folder, ".waypost", `${label}.html`));
  const { zone, currency } = config;
  mkdirSync(dirname(report), { recursive: true });
  writeFileSync(report, pageOf({ ...result, label, zone, currency }));
  if (options.json === true) return sayJson({ ...result, seconds, report });
  tellFindings(result, label, config.zone);
  say(`\nreport: ${relative(process.cwd(), report)}   ${seconds} s`);
}

/** All of them, or those of the named files; a journey may be named too. */
function chosen(
  journeys: readonly JourneyFile[],
  files: readonly string[],
  folder: string,
): readonly JourneyFile[] {
  if (files.length === 0) return journeys;
  return files.map((name) => {
    const found = journeys.find(
      ({ journey, file }) =>
        journey.name === name || file === name || resolve(folder, file) === resolve(name),
    );
    if (found !== undefined) return found;
    const known = journeys.flatMap(({ journey, file }) => [journey.name, file]);
    const meant = nearMiss(name, known);
    const hint = meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`;
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `${name}: expected a workflow file or the name of a journey; ${hint}`,
    );
  });
}

/** A season is played by the hour; of a whole year three hours at once are near enough. */
function stepOf(
  { step }: RehearsalOptions,
  { from, until }: { readonly from: Date; readonly until: Date },
): number {
  if (step === undefined)
    return until.getTime() - from.getTime() > 100 * dayMs ? 3 * hourMs : hourMs;
  const read = readDuration(step);
  const seconds = read === undefined ? 0 : roughSeconds(read);
  if (seconds >= 60 && seconds <= 86_400) return seconds * 1000;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `--step: expected a duration from 1 minute to 1 day, such as "1 hour", got "${step}"`,
  );
}

async function answersOf(
  { answers }: RehearsalOptions,
  journeys: readonly JourneyFile[],
): Promise<Backtesting["answers"]> {
  if (answers === undefined) return {};
  const { text, file } = await jsonOption("answers", answers, "{ score: { value: 0.8 } }");
  const { result, mistakes } = readPlaces(text, file, (place) => readAnswers(place, journeys));
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return result ?? {};
}

function sampleOf({ sample }: RehearsalOptions): number | null {
  if (sample === undefined) return null;
  const read = readPercent(sample);
  if (read !== undefined && read > 0 && read <= 1) return read;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `--sample: expected a share such as 10%, got "${sample}"`,
  );
}

async function warnOfSize(scratch: Scratch, { sample }: Backtesting): Promise<void> {
  const rows = (await estimateRows(scratch)) * (sample ?? 1);
  if (rows < manyRows) return;
  process.stderr.write(
    `about ${Math.round(rows / 1_000_000)} million rows may be copied; --sample 10% takes a tenth of the customers\n`,
  );
}
