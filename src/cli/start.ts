import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { MistakesError, reasonOf } from "../errors.ts";
import { startWorker } from "../queue/worker.ts";
import { applyProject } from "./apply.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { counted, say } from "./output.ts";
import { longestStopMs, untilStopped } from "./stop.ts";
import { openWeb } from "./web.ts";

export const start: CommandFile = {
  register(program, terminal) {
    program
      .command("start")
      .description("everything in one process: apply the journeys, work, and serve the dashboard")
      .option("--no-watch", "do not apply files again when they change (for production)")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost start\n  $ SENDGRID_API_KEY=… waypost start --no-watch\n\nWithout provider keys messages go to the outbox, .waypost/outbox, and leave for nobody.",
      )
      .action(async ({ watch: isWatching }: { watch: boolean }) => {
        const house = terminal.house();
        await applyAndSay(house);
        const stopped = untilStopped(longestStopMs(house.config));
        const stopWatching = isWatching ? watchFiles(house) : () => {};
        try {
          await serveAndWork(house, stopped);
        } finally {
          stopWatching();
        }
      });
  },
};

/** The door first: when it cannot be opened, no job is taken. */
async function serveAndWork(house: House, stopped: Promise<void>): Promise<void> {
  const { backend, wake } = await house.queues();
  const engine = await house.engine();
  const web = await openWeb(house);
  try {
    const worker = await startWorker(engine, backend, wake, await house.databaseUrl());
    await stopped;
    say("stopping: what is in flight is being finished");
    await worker.stop();
  } finally {
    await web.close();
  }
}

/** Mistakes are told and cost nothing: what was applied before goes on. */
async function applyAndSay(house: House): Promise<void> {
  try {
    const { journeys } = await applyProject(house);
    const changed = journeys.filter(({ outcome }) => outcome !== "unchanged");
    for (const { journey, outcome, version } of changed)
      say(`${journey}: ${outcome}, version ${version}`);
    if (changed.length === 0) say(`${counted(journeys.length, "journey")}, unchanged`);
  } catch (thrown) {
    if (!(thrown instanceof MistakesError)) throw thrown;
    say(`${thrown.message}\nnot applied; what was applied before goes on`);
  }
}

const settleMs = 200;

/** Applies again, a moment after the last change of a burst, whenever a workflow, segment or template is saved. */
function watchFiles(house: House): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => void applyAndSay(house).catch((thrown: unknown) => say(reasonOf(thrown))),
      settleMs,
    );
  };
  const watchers: FSWatcher[] = [];
  const stop = () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
  try {
    for (const folder of ["workflows", "templates"])
      watchers.push(watch(join(house.config.folder, folder), { recursive: true }, changed));
  } catch (thrown) {
    stop();
    throw thrown;
  }
  return stop;
}
