import { Argument } from "commander";
import { type ImportReport, importFile } from "../customer/import-file.ts";
import { readSecrets } from "../secret.ts";
import type { CommandFile } from "./command.ts";
import { counted, plain, say, sayJson } from "./output.ts";
import { progress } from "./progress.ts";

const kinds = ["customers", "orders", "events", "products"] as const;
type Kind = (typeof kinds)[number];

/** Enough to see what is wrong; the side file has them all. */
const shownExamples = 5;

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
        "where rows that cannot be used go, with their reasons (default: <name>.rejected.csv beside it)",
      )
      .option("--live", "let journeys react to imported events; without it they are history")
      .option("--json", "one line of JSON with the counts")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost import customers customers.csv\n  $ waypost import orders online-retail-invoices.csv --map mappings/online-retail.yaml\n  $ waypost import events clicks.ndjson --live",
      )
      .action(async (kind: Kind, file: string, options: Options) => {
        const { config, clock, ...house } = terminal.house();
        const database = await house.database();
        const { country, zone, currency } = config;
        const shown = progress(`import ${kind}`);
        const report = await importFile(database, {
          kind,
          file,
          mapping: options.map,
          country,
          zone,
          currency,
          now: clock.now(),
          secrets: () => readSecrets(config.folder, config.environment.WAYPOST_SECRET),
          live: options.live === true,
          rejectsFile: options.rejects,
          onProgress: ({ phase, done, total, rows }) =>
            shown.show(phase, done, total, `${rows} rows`),
        }).finally(() => shown.end());
        if (options.json === true) sayJson(report);
        else tell(report);
        if (report.heard > 0) await (await house.queues()).wake.engine("react");
      });
  },
};

function tell(report: ImportReport): void {
  const { kind, rows, inserted, updated, rejected, skipped, customers } = report;
  say(
    `${counted(rows, "row")} of ${kind}: ${inserted} new, ${updated} changed, ${rejected} rejected, ${skipped} skipped by rule`,
  );
  if (customers.inserted + customers.updated > 0)
    say(`customers of these: ${customers.inserted} new, ${customers.updated} changed`);
  if (report.consents > 0) say(`${counted(report.consents, "consent")} recorded`);
  for (const note of report.notes) say(plain(note));
  if (report.rejectsFile === null) return;
  for (const { line, reason } of report.examples.slice(0, shownExamples))
    say(`  line ${line}: ${plain(reason)}`);
  say(`${counted(rejected, "rejected row")}, with the reason: ${report.rejectsFile}`);
}
