import { readFile } from "node:fs/promises";
import { applyFiles } from "../enrollment/apply-files.ts";
import { MistakesError, WaypostError, reasonOf } from "../errors.ts";
import { type PlanFile, readPlanFile, refuseStale } from "../plan/plan-file.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { counted, plain, say, sayJson, sayTable } from "./output.ts";

interface Options {
  readonly plan?: string;
  readonly json?: true;
}

export const apply: CommandFile = {
  register(program, terminal) {
    program
      .command("apply")
      .description(
        "put the journeys and segments of the files into force; changes nothing where nothing changed",
      )
      .argument("[plan]", "a file of waypost plan --out: does what it said, or refuses")
      .option("--plan <file>", "the same")
      .option("--json", "one line of JSON: { journeys: [{ journey, outcome, version }], segments }")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost check && waypost apply\n  $ waypost plan --out friday.plan\n  $ waypost apply friday.plan\n\nCustomers who are inside a journey stay on the version they entered with, or move as `migrate:` in its file says.",
      )
      .action(async (file: string | undefined, { plan = file, json }: Options) => {
        const planned = plan === undefined ? undefined : await openPlan(plan);
        const applied = await applyProject(terminal.house(), planned);
        if (json === true) return sayJson(applied);
        sayTable(
          ["journey", "outcome", "version"],
          applied.journeys.map(({ journey, outcome, version }) => [journey, outcome, version]),
        );
        for (const { journey, version, migrated } of applied.journeys)
          if (migrated !== undefined)
            say(
              `${plain(journey)}: ${counted(migrated.moved, "customer")} moved to version ${version}, ${migrated.exited} left; "waypost rollback ${plain(journey)}" undoes it`,
            );
        say(`${counted(applied.segments, "segment")} in force`);
      });
  },
};

async function openPlan(path: string): Promise<PlanFile> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `${path}: expected a plan of "waypost plan --out ${path}": ${reasonOf(cause)}`,
      { cause },
    );
  });
  return readPlanFile(text, path);
}

/**
 * Checks the files and applies them all or nothing. Throws MistakesError with every mistake; with a plan, WAYPOST_STALE when
 * it would not be what the plan said.
 */
export async function applyProject(house: House, plan?: PlanFile) {
  const { project, mistakes } = await house.project();
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  const database = await house.database();
  const { templates } = await house.composer();
  const files = { ...project, templates: templates.list };
  const journeys = await applyFiles(
    database,
    files,
    house.clock.now(),
    plan && ((transaction) => refuseStale(transaction, plan, { ...files, config: house.config })),
  );
  const { wake } = await house.queues();
  await wake.engine("sweep");
  return { journeys, segments: project.segments.length };
}
