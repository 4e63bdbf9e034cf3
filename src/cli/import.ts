import { Argument } from "commander";
import { importFile } from "../customer/import-file.ts";
import type { CommandFile } from "./command.ts";
import { say, sayJson } from "./output.ts";
import { progress } from "./progress.ts";

const kinds = ["customers", "orders", "events", "products"] as const;
type Kind = (typeof kinds)[number];

interface Options {
  readonly map?: string;
  readonly rejects?: string;
  readonly live?: true;
  readonly json?: true;
}

export const importData: CommandFile = {
  register(program, terminal) {
    program
      .command("import")
      .description("bring a CSV or NDJSON file in; importing it twice changes nothing")
      .addArgument(new Argument("<kind>", "what its rows are").choices(kinds))
      .argument("<file>", "CSV with a heading, or NDJSON")
      .option(
        "-m, --map <mapping.yaml>",
        "which column is what; without it, columns are taken by their names",
      )
      .option(
        "-r, --rejects <file>",
        "where rows that cannot be used go, with their reasons (default: <file>.rejects.csv)",
      )
      .option("--live", "let journeys react to imported events; without it they are history")
      .option("--json", "one line of JSON with the counts")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost import customers customers.csv\n  $ waypost import orders online-retail-invoices.csv --map mappings/online-retail.yaml\n  $ waypost import events clicks.ndjson --live",
      )
      .action(async (kind: Kind, file: string, options: Options) => {
        const house = terminal.house();
        const shown = progress(`import ${kind}`, "rows");
        const { config, clock } = house;
        const report = await importFile(await house.database(), {
          kind,
          file,
          mapping: options.map,
          country: config.country,
          zone: config.zone,
          currency: config.currency,
          now: clock.now(),
          live: options.live === true,
          rejectsFile: options.rejects ?? `${file}.rejects.csv`,
          onProgress: (done: number, total?: number) => shown.show(done, total),
        }).finally(() => shown.end());
        if (options.json === true) return sayJson(report);
        say(JSON.stringify(report));
      });
  },
};
