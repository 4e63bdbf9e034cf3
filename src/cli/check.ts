import { describeMistake } from "../errors.ts";
import type { CommandFile } from "./command.ts";
import { counted, say, sayJson } from "./output.ts";

export const check: CommandFile = {
  register(program, terminal) {
    program
      .command("check")
      .description(
        "find every mistake in workflows, segments and templates at once; needs no database",
      )
      .option("--json", "one line of JSON: { mistakes: [{ file, line, column, path, message }] }")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost check\n  $ waypost check --json | jq '.mistakes[].file'\n\nExit code 1 when there are mistakes.",
      )
      .action(async ({ json }: { json?: true }) => {
        const { project, mistakes } = await terminal.house().project();
        if (mistakes.length > 0) process.exitCode = 1;
        if (json === true) return sayJson({ mistakes });
        for (const mistake of mistakes) say(describeMistake(mistake));
        if (mistakes.length > 0) return say(`\n${counted(mistakes.length, "mistake")}`);
        const { journeys, segments } = project;
        say(
          `${counted(journeys.length, "journey")} and ${counted(segments.length, "segment")}: no mistakes`,
        );
      });
  },
};
