import { journeyCounts } from "../enrollment/journey-counts.ts";
import { getJourney } from "../enrollment/journey-state.ts";
import { describeStep } from "../journey/describe-step.ts";
import type { CommandFile } from "./command.ts";
import { say, sayJson, sayTable } from "./output.ts";

export const journeys: CommandFile = {
  register(program, terminal) {
    program
      .command("journeys")
      .description("list the journeys, or show one with its counts at every step")
      .argument("[name]")
      .option("--json", "one line of JSON a journey")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost journeys\n  $ waypost journeys first-purchase\n  $ waypost journeys --json | jq '{name, converted}'",
      )
      .action(async (name: string | undefined, { json }: { json?: true }) => {
        const house = terminal.house();
        const database = await house.database();
        const found = await journeyCounts(database);
        const { currency } = house.config;
        if (name === undefined)
          return json === true ? found.forEach(sayJson) : list(found, currency);
        const { id } = await getJourney(database, name);
        const shown = found.filter((journey) => journey.id === id);
        return shown.forEach(json === true ? sayJson : (one) => show(one, currency));
      });
  },
};

type Counts = Awaited<ReturnType<typeof journeyCounts>>[number];

function list(found: readonly Counts[], currency: string): void {
  sayTable(
    [
      "journey",
      "state",
      "version",
      "entered",
      "inside",
      "held",
      "converted",
      `value ${currency}`,
      "holdout",
    ],
    found.map((j) => [
      j.name,
      j.state,
      j.version,
      j.entered,
      j.inside,
      j.held,
      j.converted,
      j.value.toFixed(2),
      j.holdout,
    ]),
  );
}

function show(one: Counts, currency: string): void {
  say(
    `${one.name} (${one.state}, version ${one.version})${one.journey.describe === null ? "" : `: ${one.journey.describe}`}`,
  );
  say(
    `${one.entered} entered, ${one.inside} inside, ${one.completed} completed, ${one.converted} converted worth ${one.value.toFixed(2)} ${currency}`,
  );
  for (const [reason, count] of Object.entries(one.exited)) say(`${count} left: ${reason}`);
  for (const { id, at, held } of one.atGoneSteps)
    say(`${at + held} at ${id}, a step of earlier versions that is gone`);
  say();
  sayTable(
    ["step", "does", "at it", "passed", "held"],
    one.steps.map((step) => {
      const described = one.journey.steps[step.id];
      return [
        step.id,
        described === undefined ? step.kind : describeStep(described),
        step.at,
        step.passed,
        step.held,
      ];
    }),
  );
}
