import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { type RehearsalOptions, daysBefore, rehearsalCommand, rehearse } from "./rehearse.ts";

interface Options extends RehearsalOptions {
  readonly days: number;
}

export const simulate: CommandFile = {
  register(program, terminal) {
    rehearsalCommand(program, "simulate")
      .description("play the days ahead with the customers there are; nothing is sent")
      .option("--days <number>", "how many days ahead", count(1, 366), 30)
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
