import { readFile, writeFile } from "node:fs/promises";
import { Option } from "commander";
import { MistakesError, WaypostError, nearMiss, reasonOf } from "../errors.ts";
import { writeBpmn } from "../journey/bpmn-write.ts";
import { flowchartOf } from "../journey/flowchart.ts";
import { chartStyle } from "../journey/flowchart-style.ts";
import type { Journey } from "../journey/journey.ts";
import { writeMermaid } from "../journey/mermaid.ts";
import { readJourney } from "../journey/read-journey.ts";
import { drawSvg } from "../journey/svg.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { say } from "./output.ts";

interface Options {
  readonly format: "mermaid" | "svg" | "bpmn";
  readonly out?: string;
}

export const chart: CommandFile = {
  register(program, terminal) {
    program
      .command("chart")
      .description("draw the flowchart of a journey; needs no database")
      .argument("<journey>", "the name of a journey, or a workflow file")
      .addOption(
        new Option("-f, --format <format>", "what to write")
          .choices(["mermaid", "svg", "bpmn"])
          .default("mermaid"),
      )
      .option("-o, --out <file>", "write to a file instead of the terminal")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost chart first-purchase\n  $ waypost chart first-purchase --format svg --out first-purchase.svg\n  $ waypost chart workflows/win-back.yaml --format bpmn --out win-back.bpmn",
      )
      .action(async (meant: string, { format, out }: Options) => {
        const text = write[format](await journeyMeant(terminal, meant));
        if (out === undefined) return say(text.trimEnd());
        await writeFile(out, text).catch((cause: unknown) => {
          throw new WaypostError("WAYPOST_REQUEST", `${out}: ${reasonOf(cause)}`, { cause });
        });
        say(`${out} is written`);
      });
  },
};

const write: Readonly<Record<Options["format"], (journey: Journey) => string>> = {
  mermaid: (journey) => writeMermaid(flowchartOf(journey)),
  svg: (journey) => drawSvg(flowchartOf(journey), {}, chartStyle),
  bpmn: writeBpmn,
};

/** A file by its ending, else a journey of the project, which other files' mistakes do not hide. */
async function journeyMeant(terminal: Terminal, meant: string): Promise<Journey> {
  if (/\.ya?ml$/i.test(meant)) return journeyInFile(meant);
  const { project, mistakes } = await terminal.house().project();
  const found = project.journeys.find(({ journey }) => journey.name === meant);
  if (found !== undefined) return found.journey;
  const own = mistakes.filter(({ file }) => file.endsWith(`/${meant}.yaml`));
  if (own.length > 0) throw new MistakesError(own);
  const names = project.journeys.map(({ journey }) => journey.name);
  const near = nearMiss(meant, names);
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    `journey "${meant}": expected a workflow file or ${names.length === 0 ? "a journey of workflows/" : `one of ${names.join(", ")}`}${near === undefined ? "" : `; did you mean "${near}"?`}`,
  );
}

async function journeyInFile(file: string): Promise<Journey> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new WaypostError("WAYPOST_REQUEST", `${file}: ${reasonOf(cause)}`, { cause });
  });
  const { journey, mistakes } = readJourney(text, file);
  if (journey === undefined) throw new MistakesError(mistakes);
  return journey;
}
