import type { Outgoing } from "../channel/channel.ts";
import { MistakesError, WaypostError } from "../errors.ts";
import { nullCarrier } from "../rehearsal/null-carrier.ts";
import { findTests } from "../rehearsal/find-tests.ts";
import type { Parts } from "../rehearsal/rehearsal.ts";
import { type TestResult, runTests } from "../rehearsal/run-tests.ts";
import { openScratch } from "../rehearsal/scratch.ts";
import { tellStory } from "../rehearsal/tell-story.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { counted, plain, say, sayJson } from "./output.ts";
import { untilStopped } from "./stop.ts";

interface Options {
  readonly only?: string;
  readonly json?: true;
  readonly github?: true;
}

export const test: CommandFile = {
  register(program, terminal) {
    program
      .command("test")
      .description("run the tests of journeys: *.test.yaml in workflows/ and test/")
      .argument("[files...]", "files of tests, instead of all")
      .option("--only <text>", "only tests whose title has this in it")
      .option(
        "--json",
        "one line of JSON: { passed, failed, seconds, tests: [{ file, line, test, outcome, failures, path }] }",
      )
      .option("--github", "failures as annotations that GitHub shows beside the line")
      .addHelpText(
        "after",
        `
Examples:
  $ waypost test
  $ waypost test workflows/first-purchase.test.yaml --only voucher
  $ waypost test --json | jq '.tests[] | select(.outcome == "failed").test'

The real engine plays them on a clock of its own, in a schema of the connected database that is dropped at the end.
Nothing is sent. Exit code 1 when a test fails. docs/rehearsing.md tells how tests are written.`,
      )
      .action(async (files: readonly string[], options: Options) =>
        run(terminal.house(), files, options),
      );
  },
};

async function run(house: House, files: readonly string[], options: Options): Promise<void> {
  const started = performance.now();
  const { config } = house;
  const { project, mistakes } = await house.project();
  const found = findTests(config.folder, files, {
    journeys: project.journeys,
    channels: Object.keys(config.channels),
    topics: Object.keys(config.topics),
    zone: config.zone,
    country: config.country,
    currency: config.currency,
  });
  const all = [...mistakes, ...found.mistakes];
  if (all.length > 0) throw new MistakesError(all);
  const wanted = found.tests.filter(({ title }) => title.includes(options.only ?? ""));
  if (wanted.length === 0 && found.tests.length > 0)
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `--only: expected a part of a test's title, found none with "${options.only ?? ""}" among ${counted(found.tests.length, "test")}`,
    );
  const results: TestResult[] = [];
  if (wanted.length > 0) {
    const composer = await house.composer();
    const stopping = new AbortController();
    void untilStopped().then(() => stopping.abort());
    await using scratch = await openScratch(
      await house.databaseUrl(),
      config.environment.WAYPOST_SCHEMA,
    );
    const make = (onTaken: (message: Outgoing) => void): Parts => {
      const deliveries = house.deliveriesBy(nullCarrier(onTaken));
      return { config, log: house.log, composer, deliveries };
    };
    results.push(...(await runTests(scratch, wanted, project.segments, make, stopping.signal)));
    if (stopping.signal.aborted) process.exitCode = 130;
  }
  results.sort((a, b) => wanted.indexOf(a.test) - wanted.indexOf(b.test));
  tell(results, options, Math.round((performance.now() - started) / 100) / 10);
}

function tell(results: readonly TestResult[], options: Options, seconds: number): void {
  const failed = results.filter(({ failures }) => failures.length > 0);
  if (failed.length > 0) process.exitCode = 1;
  const [passes, fails] = [results.length - failed.length, failed.length];
  if (options.json === true)
    return sayJson({ passed: passes, failed: fails, seconds, tests: results.map(asJson) });
  if (options.github === true) for (const result of failed) annotate(result);
  for (const [file, those] of Map.groupBy(results, ({ test: { file } }) => file)) {
    const bad = those.filter(({ failures }) => failures.length > 0);
    say(`${bad.length === 0 ? "passed" : "FAILED"}  ${file}  ${counted(those.length, "test")}`);
    for (const result of bad) say(`\n${plainLines(tellStory(result))}`);
  }
  if (results.length === 0)
    return say("no tests: write workflows/<journey>.test.yaml (docs/rehearsing.md)");
  say(`\n${counted(passes, "test")} passed, ${fails} failed, in ${seconds} s`);
}

/** Names and reasons come from files and the database: each line stays one. */
function plainLines(lines: readonly string[]): string {
  return lines.map(plain).join("\n");
}

function asJson(result: TestResult): object {
  const { file, line, title } = result.test;
  const outcome = result.failures.length === 0 ? "passed" : "failed";
  return {
    file,
    line,
    test: title,
    outcome,
    failures: result.failures,
    path: tellStory(result).slice(1 + result.failures.length),
  };
}

/** As GitHub's workflow commands have it. */
function annotate({ test: { file, title }, failures }: TestResult): void {
  const escape = (text: string) =>
    text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  for (const { line, message } of failures)
    say(
      `::error file=${escape(file)},line=${line},title=${escape(title).replaceAll(/[:,]/g, " ")}::${escape(message)}`,
    );
}
