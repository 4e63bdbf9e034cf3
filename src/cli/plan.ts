import { writeFile } from "node:fs/promises";
import { MistakesError } from "../errors.ts";
import { makePlan } from "../plan/make-plan.ts";
import { hasChanges, isRefused } from "../plan/plan.ts";
import { sealPlan } from "../plan/plan-file.ts";
import { planMarkdown } from "../plan/plan-markdown.ts";
import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { say, sayJson } from "./output.ts";
import { tellPlan } from "./plan-text.ts";

interface Options {
  readonly days: number;
  readonly budget: number;
  readonly all?: true;
  readonly json?: true;
  readonly markdown?: true;
  readonly out?: string;
  readonly exitCode?: true;
}

export const plan: CommandFile = {
  register(program, terminal) {
    program
      .command("plan")
      .description(
        "show what apply would do, to whom, and how many messages would come of it; changes nothing",
      )
      .option("--days <days>", "how far to look ahead", count(1, 365), 30)
      .option(
        "--budget <seconds>",
        "how long to count; what takes longer is estimated",
        count(1, 600),
        10,
      )
      .option("--all", "foresee the messages of unchanged journeys too")
      .option("--json", "one line of JSON: { journeys, segments, … }")
      .option("--markdown", "Markdown for a pull request, with the flowcharts")
      .option("--out <file>", "write the plan down, for: waypost apply <file>")
      .option(
        "--exit-code",
        "exit with 2 when apply would change something, with 0 when not, with 1 when it would refuse",
      )
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost plan\n  $ waypost plan --out friday.plan && waypost apply friday.plan\n  $ waypost plan --markdown --days 14 > comment.md\n  $ waypost plan --exit-code --json | jq '.journeys[] | {journey, outcome}'",
      )
      .action(async (options: Options) => {
        const house = terminal.house();
        const { project, mistakes } = await house.project();
        if (mistakes.length > 0) throw new MistakesError(mistakes);
        const database = await house.database();
        const { config } = house;
        const now = house.clock.now();
        const { days, budget, all = false } = options;
        // Sealed first: what moves while it counts makes it stale.
        const composer = await house.composer();
        const files = { ...project, templates: composer.templates.list, config };
        const sealed = options.out === undefined ? null : await sealPlan(database, files, now);
        const parts = { config, composer };
        const limits = { now, days, all, budgetMs: budget * 1000 };
        const made = await makePlan(database, project, parts, limits);
        if (options.out !== undefined)
          await writeFile(options.out, `${JSON.stringify({ ...sealed, plan: made }, null, 2)}\n`);
        if (options.exitCode === true && hasChanges(made))
          process.exitCode = isRefused(made) ? 1 : 2;
        if (options.json === true) return sayJson(made);
        if (options.markdown === true) return say(planMarkdown(made).trimEnd());
        return tellPlan(made);
      });
  },
};
