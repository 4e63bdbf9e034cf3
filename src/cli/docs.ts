import { readFile } from "node:fs/promises";
import type { CommandFile } from "./command.ts";
import { say } from "./output.ts";

const example = new URL("../../workflows/example.yaml", import.meta.url);

export const docs: CommandFile = {
  register(program) {
    program
      .command("docs")
      .description("print the manual of workflow files: every key, with a comment above it")
      .addHelpText("after", "\nExample:\n  $ waypost docs > workflows/my-first-journey.yaml")
      .action(async () => say((await readFile(example, "utf8")).trimEnd()));
  },
};
