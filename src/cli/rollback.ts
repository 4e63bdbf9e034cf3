import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RolledBack, rollbackJourney } from "../enrollment/rollback.ts";
import type { CommandFile } from "./command.ts";
import { count } from "./count.ts";
import { counted, plain, say, sayJson } from "./output.ts";

interface Options {
  readonly to?: number;
  readonly write?: true;
  readonly json?: true;
}

export const rollback: CommandFile = {
  register(program, terminal) {
    program
      .command("rollback")
      .description(
        "put the version of a journey in force that was so before the last apply, and undo its migration",
      )
      .argument("<journey>")
      .option(
        "--to <version>",
        "go back to this version, not to the one before",
        count(1, 1_000_000),
      )
      .option(
        "--write",
        "write the workflow file as it was, so that the next apply changes nothing",
      )
      .option(
        "--json",
        "one line of JSON: { journey, from, to, already, broughtBack, movedOn, draining, file }",
      )
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost rollback win-back --write\n  $ waypost rollback win-back --to 3\n\nCustomers whom a migration moved are brought back where they have not moved since. Without --write, revert the\nfile yourself: the next apply, or waypost start, puts into force what it says.",
      )
      .action(async (journey: string, { to, write, json }: Options) => {
        const house = terminal.house();
        const database = await house.database();
        const now = house.clock.now();
        const done = await rollbackJourney(database, journey, {
          now,
          ...(to === undefined ? {} : { to }),
        });
        if (write === true) await writeFile(join(house.config.folder, done.file), done.source);
        const { wake } = await house.queues();
        await wake.engine("sweep");
        const { source: _, ...told } = done;
        return json === true ? sayJson(told) : tell(done, write === true);
      });
  },
};

function tell(done: RolledBack, isWritten: boolean): void {
  const name = plain(done.journey);
  if (done.already) say(`${name} is at version ${done.to} already; --to goes further back`);
  else {
    say(`${name}: version ${done.to} is in force again, instead of version ${done.from}`);
    if (done.broughtBack + done.movedOn > 0)
      say(
        `${counted(done.broughtBack, "customer")} brought back to where they stood; ${done.movedOn} had moved on and stay`,
      );
    if (done.draining > 0)
      say(`${counted(done.draining, "customer")} inside on version ${done.from} go on to its end`);
  }
  say(
    isWritten
      ? `${plain(done.file)} is written as it was in version ${done.to}`
      : `${plain(done.file)} stays as it is: revert it, or the next apply puts it into force again`,
  );
}
