import { createLoginToken, hasAnySession } from "../web/login.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { say, sayJson } from "./output.ts";

export const login: CommandFile = {
  register(program, terminal) {
    program
      .command("login")
      .description("print a link that lets one person into the dashboard, once, within an hour")
      .option("--json", "one line of JSON: { url }")
      .addHelpText("after", "\nExample:\n  $ waypost login")
      .action(async ({ json }: { json?: true }) => {
        const house = terminal.house();
        const url = await loginLink(house, house.config.url, { onlyFirst: false });
        if (json === true) sayJson({ url });
        else say(url);
      });
  },
};

/** A login link; with `onlyFirst`, none when somebody has been in already. */
export async function loginLink(
  house: House,
  base: string,
  { onlyFirst }: { onlyFirst: boolean },
): Promise<string | undefined> {
  const database = await house.database();
  if (onlyFirst && (await hasAnySession(database))) return undefined;
  return `${base}/login?token=${await createLoginToken(database)}`;
}
