import { Option } from "commander";
import { replayDeadEvents } from "../enrollment/dead-event.ts";
import { replayHeld } from "../enrollment/hold.ts";
import { WaypostError } from "../errors.ts";
import type { House } from "./house.ts";
import { replayMessages } from "../message/replay.ts";
import type { CommandFile } from "./command.ts";
import { say, sayJson } from "./output.ts";

const states = ["failed", "expired", "unknown", "suppressed"] as const;

interface Options {
  readonly state: (typeof states)[number][];
  readonly journey?: string;
  readonly held?: true;
  readonly events?: true;
  readonly all?: true;
  readonly json?: true;
}

export const replay: CommandFile = {
  register(program, terminal) {
    program
      .command("replay")
      .description("let dead letters, held enrollments or dead events try again")
      .argument("[ids...]", "of messages, as `waypost messages` shows them")
      .addOption(
        new Option("-s, --state <state...>", "which messages; `unknown` may reach a customer twice")
          .choices(states)
          .default(["failed"]),
      )
      .option("-j, --journey <name>", "only this journey")
      .option("--held", "held enrollments instead of messages")
      .addOption(
        new Option(
          "--events",
          "events that a journey could not react to, for that journey alone; while it is paused they wait. With --all those of the vouchers, too",
        ).conflicts("held"),
      )
      .option("--all", "all of them, when no ids and no journey are given")
      .option("--json", "one line of JSON")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost replay 1041 1042\n  $ waypost replay --journey win-back --state failed expired\n  $ waypost replay --held --journey win-back\n  $ waypost replay --events --all",
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
        if (ids.length > 0 && (options.held ?? options.events) === true)
          throw new WaypostError(
            "WAYPOST_REQUEST",
            "replay: expected --journey NAME or --all with --held and --events, got ids, which are of messages",
          );
        const house = terminal.house();
        const counts = await replayed(house, ids, options);
        await (await house.queues()).wake.engine("sweep");
        if (options.json === true) return sayJson(counts);
        const parts = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
        say(parts.length === 0 ? "nothing to replay" : `replayed: ${parts.join(", ")}`);
      });
  },
};

async function replayed(
  house: House,
  ids: readonly string[],
  { journey: name, held, events, state: states }: Options,
): Promise<Partial<Record<string, number>>> {
  const database = await house.database();
  const now = house.clock.now();
  const journey = name === undefined ? {} : { journey: name };
  if (held === true) return { held: await replayHeld(database, { ...journey, now }) };
  if (events === true) return { events: await replayDeadEvents(database, { ...journey, now }) };
  const chosen = ids.length === 0 ? {} : { ids };
  return replayMessages(database, { ...journey, ...chosen, states, now });
}
