import { Argument } from "commander";
import { pauseJourney, resumeJourney } from "../enrollment/journey-state.ts";
import { WaypostError, nearMiss } from "../errors.ts";
import { pauseChannel, resumeChannel } from "../message/channel-state.ts";
import type { CommandFile, Terminal } from "./command.ts";
import type { House } from "./house.ts";
import { say } from "./output.ts";

const kinds = ["journey", "channel"] as const;
type Kind = (typeof kinds)[number];

export const pause: CommandFile = {
  register(program, terminal) {
    program
      .command("pause")
      .description(
        "stop a journey, or a channel, from enrolling and sending; nothing is lost, resume goes on",
      )
      .addArgument(new Argument("<kind>", "what to stop").choices(kinds))
      .argument("<name>", "of a journey that is applied, or a channel of waypost.yaml")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost pause journey win-back\n  $ waypost pause channel sms",
      )
      .action((kind: Kind, name: string) => change(terminal, kind, name, "paused"));
  },
};

export const resume: CommandFile = {
  register(program, terminal) {
    program
      .command("resume")
      .description(
        "let a paused journey or channel go on where it stopped, and a channel that was told to wait",
      )
      .addArgument(new Argument("<kind>", "what goes on").choices(kinds))
      .argument("<name>", "of a journey that is applied, or a channel of waypost.yaml")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost resume journey win-back\n  $ waypost resume channel email",
      )
      .action((kind: Kind, name: string) => change(terminal, kind, name, "active"));
  },
};

async function change(
  terminal: Terminal,
  kind: Kind,
  name: string,
  to: "paused" | "active",
): Promise<void> {
  const house = terminal.house();
  if (kind === "journey") await changeJourney(house, name, to);
  else await changeChannel(house, name, to);
  const { wake } = await house.queues();
  if (to === "active") await wake.engine("sweep");
  say(`${kind} ${name} is ${to}`);
}

async function changeJourney(house: House, name: string, to: "paused" | "active"): Promise<void> {
  const database = await house.database();
  await (to === "paused" ? pauseJourney : resumeJourney)(database, name, house.clock.now());
}

async function changeChannel(house: House, name: string, to: "paused" | "active"): Promise<void> {
  const { config, clock } = house;
  const channel = config.channels[name];
  if (channel === undefined) {
    const meant = nearMiss(name, Object.keys(config.channels));
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `channel "${name}": expected one of ${Object.keys(config.channels).join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
    );
  }
  const database = await house.database();
  if (to === "paused")
    await pauseChannel(database, name, channel.provider, "operator", clock.now());
  else await resumeChannel(database, name, clock.now());
}
