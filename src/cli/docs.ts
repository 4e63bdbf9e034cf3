import { readFile } from "node:fs/promises";
import type { CommandFile } from "./command.ts";
import { say } from "./output.ts";

const example = new URL("../../workflows/example.yaml", import.meta.url);

const examples = `
Examples:
  $ waypost docs > workflows/my-first-journey.yaml
  $ waypost docs --schema > workflows/.schema.json

With the line "# yaml-language-server: $schema=.schema.json" at the head of a workflow file, editors complete its keys
and underline what is none. In workflows/segments/ it is ../.schema.json.`;

export const docs: CommandFile = {
  register(program) {
    program
      .command("docs")
      .description("print the manual of workflow files: every key, with a comment above it")
      .option("--schema", "print the JSON Schema of workflow files and segments, for editors")
      .addHelpText("after", examples)
      .action(async ({ schema }: { schema?: true }) => {
        if (schema !== true) return say((await readFile(example, "utf8")).trimEnd());
        const { jsonSchema } = await import("../journey/json-schema.ts");
        say(JSON.stringify(jsonSchema(), null, 2));
      });
  },
};
