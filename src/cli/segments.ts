import { refreshSegments } from "../audience/refresh-segments.ts";
import { listSegments } from "../audience/segment.ts";
import type { CommandFile } from "./command.ts";
import { sayJson, sayTable, when } from "./output.ts";

export const segments: CommandFile = {
  register(program, terminal) {
    program
      .command("segments")
      .description("list the segments with their sizes")
      .option("--refresh", "work their members out anew first")
      .option("--json", "one line of JSON a segment")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost segments\n  $ waypost segments --refresh --json",
      )
      .action(async ({ refresh, json }: { refresh?: true; json?: true }) => {
        const house = terminal.house();
        const database = await house.database();
        if (refresh === true) await refreshSegments(database, house.clock.now());
        const found = await listSegments(database);
        if (json === true) return found.forEach(sayJson);
        sayTable(
          ["segment", "members", "refreshed", "describe"],
          found.map((s) => [
            s.name,
            s.size,
            when(s.refreshedAt, house.config.zone),
            s.failure ?? s.describe,
          ]),
        );
      });
  },
};
