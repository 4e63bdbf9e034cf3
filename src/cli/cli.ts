import { Command } from "commander";
import { reasonOf } from "../errors.ts";
import { apply } from "./apply.ts";
import { check } from "./check.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { demo } from "./demo.ts";
import { docs } from "./docs.ts";
import { tellFailure } from "./failure.ts";
import type { House } from "./house.ts";
import { importData } from "./import.ts";
import { journeys } from "./journeys.ts";
import { key } from "./key.ts";
import { login } from "./login.ts";
import { messages } from "./messages.ts";
import { migrateDatabase } from "./migrate.ts";
import { pause, resume } from "./pause.ts";
import { preview } from "./preview.ts";
import { replay } from "./replay.ts";
import { segments } from "./segments.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { web } from "./web.ts";
import { worker } from "./worker.ts";

/** Every command of the terminal, in the order `--help` shows them. */
const commands: readonly CommandFile[] = [
  demo,
  start,
  worker,
  web,
  migrateDatabase,
  importData,
  check,
  apply,
  status,
  journeys,
  pause,
  resume,
  messages,
  preview,
  segments,
  replay,
  login,
  key,
  docs,
];

const notes = `
Examples:
  $ waypost demo                                  see it run on a sample shop, nothing installed
  $ waypost import customers customers.csv        bring customers in
  $ waypost check                                 find every mistake in workflows/ and templates/
  $ waypost apply                                 put the journeys into force
  $ waypost start                                 worker and dashboard in one process

Without DATABASE_URL Waypost runs its own Postgres in .waypost/; without REDIS_URL its queues are in Postgres too.`;

/** Whoever reads our output may stop when they have seen enough, `waypost messages | head`; the work goes on. */
function endOfReading(error: Error & { code?: string }): void {
  if (error.code !== "EPIPE") throw error;
}

const debugging: ReadonlySet<string> = new Set(["debug", "trace"]);

/** Runs one command; sets the exit code: 0 done, 1 an error that the text explains, 2 a command line nobody understands. */
export async function run(
  argv: readonly string[],
  openHouse: Terminal["openHouse"],
): Promise<void> {
  const program = new Command("waypost")
    .description(
      "Database marketing as code: journeys in YAML, customers in Postgres, every message once.",
    )
    .option(
      "-C, --folder <folder>",
      "the project: where waypost.yaml, workflows/ and templates/ are",
      ".",
    )
    .addHelpText("after", notes)
    .showHelpAfterError("(waypost --help shows the commands)")
    .exitOverride();
  const houses: House[] = [];
  const terminal: Terminal = {
    folder: () => program.opts<{ folder: string }>().folder,
    openHouse(...given) {
      const house = openHouse(...given);
      houses.push(house);
      return house;
    },
    house: () => terminal.openHouse(terminal.folder()),
  };
  for (const { register } of commands) register(program, terminal);
  process.stdout.on("error", endOfReading);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (thrown) {
    const isDebugging = houses.some(({ config }) => debugging.has(config.environment.LOG_LEVEL));
    process.exitCode = tellFailure(thrown, isDebugging);
  } finally {
    for (const house of houses)
      await house.close().catch((thrown: unknown) => process.stderr.write(`${reasonOf(thrown)}\n`));
  }
}
