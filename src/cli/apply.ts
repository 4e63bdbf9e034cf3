import { refreshSegments } from "../audience/refresh-segments.ts";
import { saveSegments } from "../audience/save-segments.ts";
import { applyJourneys } from "../enrollment/apply.ts";
import { savePools } from "../enrollment/voucher-pool.ts";
import { MistakesError } from "../errors.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { counted, say, sayJson, sayTable } from "./output.ts";

export const apply: CommandFile = {
  register(program, terminal) {
    program
      .command("apply")
      .description(
        "put the journeys and segments of the files into force; changes nothing where nothing changed",
      )
      .option("--json", "one line of JSON: { journeys: [{ journey, outcome, version }], segments }")
      .addHelpText(
        "after",
        "\nExample:\n  $ waypost check && waypost apply\n\nCustomers who are inside a journey stay on the version they entered with.",
      )
      .action(async ({ json }: { json?: true }) => {
        const applied = await applyProject(terminal.house());
        if (json === true) return sayJson(applied);
        sayTable(
          ["journey", "outcome", "version"],
          applied.journeys.map(({ journey, outcome, version }) => [journey, outcome, version]),
        );
        say(`${counted(applied.segments, "segment")} saved`);
      });
  },
};

/** Checks the files and applies them all or nothing. Throws MistakesError with every mistake. */
export async function applyProject(house: House) {
  const { project, mistakes } = await house.project();
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  const database = await house.database();
  const now = house.clock.now();
  await saveSegments(database, project.segments, now);
  // A new segment is filled before its journeys start: whoever is in it already has not entered since.
  await refreshSegments(database, now);
  await savePools(database, house.config.pools, now);
  const journeys = await applyJourneys(database, project.journeys, now);
  const { wake } = await house.queues();
  await wake.engine("sweep");
  return { journeys, segments: project.segments.length };
}
