import { writeFile } from "node:fs/promises";
import { tellPerson } from "../customer/export-person.ts";
import type { CommandFile } from "./command.ts";
import { say } from "./output.ts";
import { customerArgument, nobody, whoIs } from "./person.ts";

export const exportCustomer: CommandFile = {
  register(program, terminal) {
    program
      .command("export")
      .description("give a customer all that is known of them, as JSON by table")
      .argument("<customer>", customerArgument)
      .option("-o, --out <file>", "into a file that only you can read, instead of the terminal")
      .addHelpText(
        "after",
        "\nA request for access is answered within a month (GDPR, article 12).\n\nExamples:\n  $ waypost export ada@example.com --out ada.json\n  $ waypost export c-17 | jq '.tables.consents'",
      )
      .action(async (meant: string, { out }: { readonly out?: string }) => {
        const house = terminal.house();
        const person = await whoIs(house, meant);
        if (person === undefined) throw nobody(meant);
        const told = {
          customer: person.customers[0],
          exportedAt: house.clock.now(),
          tables: await tellPerson(await house.database(), person),
        };
        const text = JSON.stringify(told, null, 2);
        if (out === undefined) return say(text);
        await writeFile(out, `${text}\n`, { mode: 0o600, flag: "wx" });
        say(`${out}: customer #${person.customers[0] ?? ""}`);
      });
  },
};
