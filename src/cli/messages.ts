import { Option } from "commander";
import { instantBefore, readMoment } from "../audience/instant.ts";
import { getCustomer } from "../customer/find-customer.ts";
import { readDuration } from "../duration.ts";
import { WaypostError } from "../errors.ts";
import { listMessages } from "../message/list.ts";
import { type MessageState, messageStates } from "../message/message.ts";
import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { say, sayJson, sayTable, when } from "./output.ts";

interface Options {
  readonly state?: MessageState[];
  readonly journey?: string;
  readonly channel?: string;
  readonly customer?: string;
  readonly since?: string;
  readonly limit: number;
  readonly json?: true;
}

export const messages: CommandFile = {
  register(program, terminal) {
    program
      .command("messages")
      .description("list messages, newest first, with their state and the reason for it")
      .addOption(new Option("-s, --state <state...>", "only these states").choices(messageStates))
      .option("-j, --journey <name>", "only this journey")
      .option("-c, --channel <name>", "only this channel")
      .option("--customer <customer>", "your own id, an e-mail address, a telephone number, or #id")
      .option("--since <time>", 'planned since then: "2 hours", 2026-03-01 or 2026-03-01T10:00')
      .option("-n, --limit <count>", "how many at most", count(1, 10_000), 50)
      .option("--json", "one line of JSON a message")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost messages --state failed unknown --since '1 day'\n  $ waypost messages --journey win-back --json | jq .reason",
      )
      .action(async (options: Options) => {
        const house = terminal.house();
        const database = await house.database();
        const found = await listMessages(database, {
          limit: options.limit,
          ...(options.state !== undefined && { states: options.state }),
          ...(options.journey !== undefined && { journey: options.journey }),
          ...(options.channel !== undefined && { channel: options.channel }),
          ...(options.customer !== undefined && {
            customerId: (await getCustomer(database, options.customer)).id,
          }),
          ...(options.since !== undefined && {
            since: sinceWhen(options.since, house.clock.now()),
          }),
        });
        if (options.json === true) return found.forEach(sayJson);
        if (found.length === 0) return say("no such messages");
        sayTable(
          ["id", "journey", "step", "channel", "customer", "state", "planned", "reason"],
          found.map((m) => [
            m.id,
            m.journey,
            m.step,
            m.channel,
            m.customerId,
            m.state,
            when(m.plannedAt, house.config.zone),
            m.reason,
          ]),
        );
      });
  },
};

function sinceWhen(text: string, now: Date): Date {
  const duration = readDuration(text);
  const since = duration === undefined ? readMoment(text)?.start : instantBefore(now, duration);
  if (since !== undefined) return since;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `--since: expected a duration such as "2 hours", or a time such as 2026-03-01 or 2026-03-01T10:00 (UTC), got "${text}"`,
  );
}
