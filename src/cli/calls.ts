import { Option } from "commander";
import type { CallsState } from "../database/tables.ts";
import { callStates, listCalls } from "../enrollment/call-list.ts";
import { callsSecret, readSecrets } from "../secret.ts";
import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { say, sayJson, sayTable, when } from "./output.ts";

interface Options {
  readonly state?: CallsState[];
  readonly journey?: string;
  readonly limit: number;
  readonly json?: true;
  readonly secret?: true;
}

export const calls: CommandFile = {
  register(program, terminal) {
    program
      .command("calls")
      .description(
        "list the calls to your services, newest first, or show what they are signed with",
      )
      .addOption(new Option("-s, --state <state...>", "only these states").choices(callStates))
      .option("-j, --journey <name>", "only this journey")
      .option("-n, --limit <count>", "how many at most", count(1, 10_000), 50)
      .option(
        "--secret",
        "the secret by which a service checks webhook-signature (Standard Webhooks)",
      )
      .option("--json", "one line of JSON a call")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost calls --state failed retry\n  $ waypost calls --secret",
      )
      .action(async ({ state, journey, limit, json, secret }: Options) => {
        const house = terminal.house();
        const { folder, environment, zone } = house.config;
        if (secret === true)
          return say(
            environment.WAYPOST_CALLS_SECRET ??
              callsSecret(readSecrets(folder, environment.WAYPOST_SECRET)),
          );
        const found = await listCalls(await house.database(), {
          limit,
          ...(state !== undefined && { states: state }),
          ...(journey !== undefined && { journey }),
        });
        if (json === true) return found.forEach(sayJson);
        if (found.length === 0) return say("no such calls");
        sayTable(
          ["id", "journey", "step", "customer", "state", "status", "tries", "planned", "reason"],
          found.map((c) => [
            c.id,
            c.journey,
            c.step,
            c.customerId,
            c.state,
            c.status,
            c.attempts,
            when(c.plannedAt, zone),
            c.reason,
          ]),
        );
      });
  },
};
