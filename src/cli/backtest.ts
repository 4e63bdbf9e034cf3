import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { type RehearsalOptions, daysBefore, rehearsalCommand, rehearse } from "./rehearse.ts";

/** Local times of day then fall on the steps of the clock. */
function onTheHour(now: Date): Date {
  return new Date(Math.floor(now.getTime() / hourMs) * hourMs);
}

const hourMs = 3_600_000;

interface Options extends RehearsalOptions {
  readonly days: number;
}

export const backtest: CommandFile = {
  register(program, terminal) {
    rehearsalCommand(program, "backtest")
      .description(
        "replay the last days of real orders and events through journeys; nothing is sent",
      )
      .option("--days <number>", "how many of the last days", count(1, 3660), 365)
      .addHelpText(
        "after",
        `
Examples:
  $ waypost backtest
  $ waypost backtest workflows/win-back.yaml --days 90
  $ waypost backtest --sample 10% --json | jq .findings.collisions

Customers, orders and events are copied, as they are at one moment, into a schema of the same database that is dropped at
the end; nothing else is written. The journeys begin as if they had been applied on the first day. docs/rehearsing.md
tells what the figures mean.`,
      )
      .action((files: readonly string[], options: Options) =>
        rehearse(terminal.house(), "backtest", files, options, (now) => ({
          from: daysBefore(onTheHour(now), options.days),
          until: onTheHour(now),
        })),
      );
  },
};
