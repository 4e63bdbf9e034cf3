import { Option } from "commander";
import { replayHeld } from "../enrollment/hold.ts";
import { WaypostError } from "../errors.ts";
import { replayMessages } from "../message/replay.ts";
import type { CommandFile } from "./command.ts";
import { say, sayJson } from "./output.ts";

const states = ["failed", "expired", "unknown", "suppressed"] as const;

interface Options {
  readonly state: (typeof states)[number][];
  readonly journey?: string;
  readonly held?: true;
  readonly all?: true;
  readonly json?: true;
}

export const replay: CommandFile = {
  register(program, terminal) {
    program
      .command("replay")
      .description("let dead letters, or held enrollments, try again")
      .argument("[ids...]", "of messages, as `waypost messages` shows them")
      .addOption(
        new Option("-s, --state <state...>", "which messages; `unknown` may reach a customer twice")
          .choices(states)
          .default(["failed"]),
      )
      .option("-j, --journey <name>", "only this journey")
      .option("--held", "held enrollments instead of messages")
      .option("--all", "all of them, when no ids and no journey are given")
      .option("--json", "one line of JSON")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost replay 1041 1042\n  $ waypost replay --journey win-back --state failed expired\n  $ waypost replay --held --journey win-back",
      )
      .action(async (ids: string[], options: Options) => {
        if (ids.length === 0 && options.journey === undefined && options.all !== true) {
          throw new WaypostError(
            "WAYPOST_REQUEST",
            "replay: expected message ids, --journey NAME or --all, got none of them",
          );
        }
        const strange = ids.find((id) => !/^\d{1,18}$/.test(id));
        if (strange !== undefined)
          throw new WaypostError(
            "WAYPOST_REQUEST",
            `replay: expected message ids such as 1041, got "${strange}"`,
          );
        const house = terminal.house();
        const database = await house.database();
        const now = house.clock.now();
        const journey = options.journey === undefined ? {} : { journey: options.journey };
        const chosen = ids.length === 0 ? {} : { ids };
        const counts =
          options.held === true
            ? { held: await replayHeld(database, { ...journey, now }) }
            : await replayMessages(database, { ...journey, ...chosen, states: options.state, now });
        await (await house.queues()).wake.engine("sweep");
        if (options.json === true) return sayJson(counts);
        const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
        say(parts.length === 0 ? "nothing to replay" : `replayed: ${parts.join(", ")}`);
      });
  },
};
