import type { CommandFile } from "./command.ts";
import { say } from "./output.ts";

export const migrateDatabase: CommandFile = {
  register(program, terminal) {
    program
      .command("migrate")
      .description(
        "bring the database to the version of this Waypost; safe to run twice and from several places",
      )
      .addHelpText(
        "after",
        "\nExample:\n  $ DATABASE_URL=postgres://waypost@db/shop waypost migrate",
      )
      .action(async () => {
        const house = terminal.house();
        await house.database();
        await house.queues();
        say("the database is up to date");
      });
  },
};
