import { Command } from "commander";
import { reasonOf } from "../errors.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { tellFailure } from "./failure.ts";
import type { House } from "./house.ts";

/**
 * Every command of the terminal, in the order `--help` shows them. A file, and all that it needs, is loaded when its
 * command is typed: a worker has no use for the importer, and `--help` alone wants them all.
 */
const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  demo: async () => (await import("./demo.ts")).demo,
  start: async () => (await import("./start.ts")).start,
  worker: async () => (await import("./worker.ts")).worker,
  web: async () => (await import("./web.ts")).web,
  migrate: async () => (await import("./migrate.ts")).migrateDatabase,
  import: async () => (await import("./import.ts")).importData,
  check: async () => (await import("./check.ts")).check,
  test: async () => (await import("./test.ts")).test,
  simulate: async () => (await import("./simulate.ts")).simulate,
  backtest: async () => (await import("./backtest.ts")).backtest,
  plan: async () => (await import("./plan.ts")).plan,
  apply: async () => (await import("./apply.ts")).apply,
  rollback: async () => (await import("./rollback.ts")).rollback,
  status: async () => (await import("./status.ts")).status,
  journeys: async () => (await import("./journeys.ts")).journeys,
  pause: async () => (await import("./pause.ts")).pause,
  resume: async () => (await import("./pause.ts")).resume,
  messages: async () => (await import("./messages.ts")).messages,
  preview: async () => (await import("./preview.ts")).preview,
  tasks: async () => (await import("./tasks.ts")).tasks,
  vouchers: async () => (await import("./vouchers.ts")).vouchers,
  calls: async () => (await import("./calls.ts")).calls,
  segments: async () => (await import("./segments.ts")).segments,
  replay: async () => (await import("./replay.ts")).replay,
  doctor: async () => (await import("./doctor.ts")).doctor,
  "confirm-restore": async () => (await import("./confirm-restore.ts")).confirmRestored,
  login: async () => (await import("./login.ts")).login,
  key: async () => (await import("./key.ts")).key,
  erase: async () => (await import("./erase.ts")).erase,
  export: async () => (await import("./export.ts")).exportCustomer,
  why: async () => (await import("./why.ts")).why,
  chart: async () => (await import("./chart.ts")).chart,
  bpmn: async () => (await import("./bpmn.ts")).bpmn,
  docs: async () => (await import("./docs.ts")).docs,
};

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
  process.stdout.on("error", endOfReading);
  try {
    for (const command of await loadCommands(program, argv)) command.register(program, terminal);
    await program.parseAsync([...argv], { from: "user" });
  } catch (thrown) {
    const isDebugging = houses.some(({ config }) => debugging.has(config.environment.LOG_LEVEL));
    process.exitCode = tellFailure(thrown, isDebugging);
  } finally {
    for (const house of houses)
      await house.close().catch((thrown: unknown) => process.stderr.write(`${reasonOf(thrown)}\n`));
  }
}

/** The one command that is typed, or all when it is none of them. */
function loadCommands(program: Command, argv: readonly string[]): Promise<CommandFile[]> {
  const typed = program.parseOptions([...argv]).operands[0] ?? "";
  const wanted = Object.hasOwn(commands, typed) ? [commands[typed]] : Object.values(commands);
  return Promise.all(wanted.flatMap((load) => (load === undefined ? [] : [load()])));
}
