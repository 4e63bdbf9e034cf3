import {
  estimateJourneyFigures,
  journeyCounts,
  readJourneyFigures,
} from "../enrollment/journey-counts.ts";
import { getJourney } from "../enrollment/journey-state.ts";
import { describeDecision } from "../enrollment/split-decision.ts";
import { describeStep } from "../journey/describe-step.ts";
import type { CommandFile } from "./command.ts";
import { aboutIf, say, sayJson, sayTable } from "./output.ts";

export const journeys: CommandFile = {
  register(program, terminal) {
    program
      .command("journeys")
      .description("list the journeys, or show one with its counts at every step")
      .argument("[name]")
      .option("--exact", "count what else is estimated in large tables, however long that takes")
      .option("--json", "one line of JSON a journey; `estimated` names the numbers that are")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost journeys\n  $ waypost journeys first-purchase\n  $ waypost journeys --json | jq '{name, converted}'",
      )
      .action(async (name: string | undefined, { json, exact }: { json?: true; exact?: true }) => {
        const house = terminal.house();
        const database = await house.database();
        const read = exact === true ? readJourneyFigures : estimateJourneyFigures;
        const found = await journeyCounts(database, await read(database));
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

function about(
  one: Counts,
  name: "entered" | "inside" | "held" | "completed" | "converted" | "holdout",
): number | string {
  return aboutIf(one.estimated.includes(name), one[name]);
}

function worth({ value, estimated }: Counts): number | string {
  return estimated.includes("value") ? aboutIf(true, value) : value.toFixed(2);
}

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
      about(j, "entered"),
      about(j, "inside"),
      about(j, "held"),
      about(j, "converted"),
      worth(j),
      about(j, "holdout"),
    ]),
  );
}

function show(one: Counts, currency: string): void {
  say(
    `${one.name} (${one.state}, version ${one.version})${one.journey.describe === null ? "" : `: ${one.journey.describe}`}`,
  );
  const number = (name: Parameters<typeof about>[1]) => about(one, name);
  say(
    `${number("entered")} entered, ${number("inside")} inside, ${number("completed")} completed, ${number("converted")} converted worth ${worth(one)} ${currency}`,
  );
  for (const [reason, count] of Object.entries(one.exited))
    say(`${aboutIf(one.estimated.includes("exited"), count)} left: ${reason}`);
  for (const decision of one.decisions) say(`${decision.step}: ${describeDecision(decision)}`);
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
        aboutIf(step.estimated.includes("at"), step.at),
        step.passed,
        aboutIf(step.estimated.includes("held"), step.held),
      ];
    }),
  );
}
