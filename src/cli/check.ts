import { isAbsolute, join } from "node:path";
import { InvalidArgumentError } from "commander";
import { type Mistake, describeMistake } from "../errors.ts";
import { doubtfulEvents } from "../journey/check-events.ts";
import type { Project } from "../journey/read-project.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { counted, say, sayJson } from "./output.ts";

interface Options {
  readonly json?: true;
  readonly github?: true;
  readonly database?: true;
  readonly budget: number;
}

interface Found {
  readonly project: Project;
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
}

const examples = `
Examples:
  $ waypost check
  $ waypost check --json | jq '.mistakes[].file'
  $ waypost check --github                        in a workflow of GitHub Actions: shows on the lines of a pull request
  $ waypost check --database --budget 500000      asks the connected database too, and counts nothing

Exit code 1 when there are mistakes; warnings leave it at 0.`;

export const check: CommandFile = {
  register(program, terminal) {
    program
      .command("check")
      .description(
        "find every mistake in workflows, segments and templates at once; needs no database",
      )
      .option(
        "--json",
        "one line of JSON: { mistakes: [{ file, line, column, path, message }], warnings: [the same] }",
      )
      .option("--github", "write them as annotations of GitHub Actions")
      .option("--database", "have the database look at every condition and estimate its audiences")
      .option("--budget <cost>", "with --database, warn above this estimate", readBudget, 1_000_000)
      .addHelpText("after", examples)
      .action(async (options: Options) => {
        const found = byFile(await findMistakes(terminal, options));
        if (found.mistakes.length > 0) process.exitCode = 1;
        const { mistakes, warnings } = found;
        if (options.json === true) return sayJson({ mistakes, warnings });
        if (options.github === true) return annotate(found, terminal.folder());
        tell(found);
      });
  },
};

/** The database is asked only about what could be read. */
async function findMistakes(terminal: Terminal, options: Options): Promise<Found> {
  const house = terminal.openHouse(terminal.folder(), { despiteMistakes: true });
  const { project, mistakes, warnings } = await house.project();
  if (options.database !== true)
    return { project, mistakes, warnings: [...doubtfulEvents(project), ...warnings] };
  const { checkOnDatabase } = await import("./check-database.ts");
  const asked = await checkOnDatabase(house, project, options.budget);
  return {
    project,
    mistakes: [...mistakes, ...asked.mistakes],
    warnings: [...warnings, ...asked.warnings],
  };
}

/** File by file, from the top of each. */
function byFile({ project, mistakes, warnings }: Found): Found {
  const sorted = (all: readonly Mistake[]) =>
    [...Map.groupBy(all, ({ file }) => file).values()].flatMap((those) =>
      those.toSorted((a, b) => a.line - b.line || a.column - b.column),
    );
  return { project, mistakes: sorted(mistakes), warnings: sorted(warnings) };
}

function tell({ project: { journeys, segments }, mistakes, warnings }: Found): void {
  for (const mistake of mistakes) say(describeMistake(mistake));
  for (const warning of warnings) say(`warning: ${describeMistake(warning)}`);
  const all = `${counted(journeys.length, "journey")} and ${counted(segments.length, "segment")}: no mistakes`;
  const sum = mistakes.length > 0 ? counted(mistakes.length, "mistake") : all;
  const doubts = warnings.length > 0 ? [counted(warnings.length, "warning")] : [];
  const isAlone = mistakes.length + warnings.length === 0;
  say(`${isAlone ? "" : "\n"}${[sum, ...doubts].join(", ")}`);
}

/** `::error file=workflows/a.yaml,line=5,col=3,title=steps[0].wait::expected …` */
function annotate({ mistakes, warnings }: Found, folder: string): void {
  const line = (kind: string, { file, line: at, column, path, message }: Mistake) => {
    const place = isAbsolute(file) ? file : join(folder, file);
    const title = path === "" ? "" : `,title=${property(path)}`;
    say(`::${kind} file=${property(place)},line=${at},col=${column}${title}::${escape(message)}`);
  };
  for (const mistake of mistakes) line("error", mistake);
  for (const warning of warnings) line("warning", warning);
}

function escape(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return escape(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function readBudget(written: string): number {
  const budget = Number(written);
  if (Number.isFinite(budget) && budget > 0) return budget;
  throw new InvalidArgumentError("expected a number above 0, such as 500000");
}
