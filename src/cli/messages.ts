import { Option } from "commander";
import { listMessages } from "../message/list.ts";
import { type MessageState, messageStates } from "../message/message.ts";
import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { say, sayJson, sayTable, when } from "./output.ts";

interface Options {
  readonly state?: MessageState[];
  readonly journey?: string;
  readonly channel?: string;
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
      .option("-n, --limit <count>", "how many at most", count(1, 10_000), 50)
      .option("--json", "one line of JSON a message")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost messages --state failed unknown\n  $ waypost messages --journey win-back --json | jq .reason",
      )
      .action(async (options: Options) => {
        const house = terminal.house();
        const found = await listMessages(await house.database(), {
          limit: options.limit,
          ...(options.state !== undefined && { states: options.state }),
          ...(options.journey !== undefined && { journey: options.journey }),
          ...(options.channel !== undefined && { channel: options.channel }),
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
