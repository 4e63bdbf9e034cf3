import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { type RehearsalOptions, daysBefore, rehearse } from "./rehearse.ts";

interface Options extends RehearsalOptions {
  readonly days: number;
}

export const simulate: CommandFile = {
  register(program, terminal) {
    program
      .command("simulate")
      .description("play the days ahead with the customers there are; nothing is sent")
      .argument("[files...]", "workflow files or names of journeys, instead of all")
      .option("--days <number>", "how many days ahead", count(1, 366), 30)
      .option(
        "--sample <share>",
        'a share of the customers, such as "10%": the same ones each time',
      )
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
      .option("--html <file>", "where the report goes (default: .waypost/simulate.html)")
      .option("--json", "one line of JSON: { from, until, copied, findings, seconds, report }")
      .addHelpText(
        "after",
        `
Examples:
  $ waypost simulate
  $ waypost simulate win-back --days 14
  $ waypost simulate workflows/birthday.yaml --customers best-customers

The files are put into force on a copy of the database, in a schema that is dropped at the end; who is inside a journey goes
on from there. Customers do nothing in it: no orders, no clicks, so a journey that starts with an event lets nobody in. For
those see waypost backtest. docs/rehearsing.md tells what the figures mean.`,
      )
      .action((files: readonly string[], options: Options) =>
        rehearse(terminal.house(), "simulate", files, options, (now) => ({
          from: now,
          until: daysBefore(now, -options.days),
        })),
      );
  },
};
