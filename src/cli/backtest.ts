import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { type RehearsalOptions, daysBefore, rehearse } from "./rehearse.ts";

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
    program
      .command("backtest")
      .description(
        "replay the last days of real orders and events through journeys; nothing is sent",
      )
      .argument("[files...]", "workflow files or names of journeys, instead of all")
      .option("--days <number>", "how many of the last days", count(1, 3660), 365)
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
      .option("--html <file>", "where the report goes (default: .waypost/backtest.html)")
      .option("--json", "one line of JSON: { from, until, copied, findings, seconds, report }")
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
