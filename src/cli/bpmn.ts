import { open, readFile } from "node:fs/promises";
import { WaypostError, describeMistake, reasonOf } from "../errors.ts";
import { importBpmn } from "../journey/bpmn-import.ts";
import { readJourney } from "../journey/read-journey.ts";
import type { CommandFile } from "./command.ts";
import { counted, plain, say } from "./output.ts";

export const bpmn: CommandFile = {
  register(program) {
    const group = program
      .command("bpmn")
      .description("bring drawings of processes in; needs no database")
      .addHelpText("after", "\nExample:\n  $ waypost bpmn import drawing.bpmn");
    group
      .command("import")
      .description("make a workflow file of a BPMN 2.0 file, its gaps marked with comments")
      .argument("<file>", "a file of a modeller, or of `waypost chart --format bpmn`")
      .option("-o, --out <file>", "write to a new file instead of the terminal")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost bpmn import win-back.bpmn --out workflows/win-back.yaml\n  $ waypost bpmn import drawing.bpmn\n\nWhat a person has to fill in is listed on stderr. Exit code 1 while the result is no whole journey yet.",
      )
      .action(async (file: string, { out }: { out?: string }) => {
        const { text, gaps } = importBpmn(await contentOf(file), file);
        if (out === undefined) say(text.trimEnd());
        else await writeNew(out, text);
        const { mistakes } = readJourney(text, out ?? "the file");
        const remaining = [...gaps, ...mistakes.map(describeMistake)];
        for (const gap of remaining) tell(`to be filled in: ${gap}`);
        if (out !== undefined)
          say(
            `${out} is written, ${remaining.length === 0 ? "without gaps" : `with ${counted(remaining.length, "gap")}`}`,
          );
        if (mistakes.length > 0) process.exitCode = 1;
      });
  },
};

async function contentOf(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `${file}: expected a BPMN file in UTF-8: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/** A workflow that is there already is somebody's work. */
async function writeNew(file: string, text: string): Promise<void> {
  const opened = await open(file, "wx").catch((cause: unknown) => {
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `${file}: expected the name of a new file: ${reasonOf(cause)}`,
      { cause },
    );
  });
  await opened.writeFile(text);
  await opened.close();
}

function tell(line: string): void {
  process.stderr.write(`${plain(line)}\n`);
}
