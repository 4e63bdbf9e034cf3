import { WaypostError } from "../errors.ts";
import { createLoginToken, hasAnySession } from "../web/login.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { say, sayJson } from "./output.ts";

export const login: CommandFile = {
  register(program, terminal) {
    program
      .command("login")
      .description("print a link that lets one person into the dashboard, once, within an hour")
      .option("--at <address>", "where the dashboard is, if not at WAYPOST_URL", dashboardAddress)
      .option("--json", "one line of JSON: { url }")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost login\n  $ waypost login --at https://marketing.shop.example",
      )
      .action(async ({ at, json }: { at?: string; json?: true }) => {
        const house = terminal.house();
        const url = await loginLink(house, at ?? house.config.url);
        if (json === true) sayJson({ url });
        else say(url);
      });
  },
};

/** A proxy may give the dashboard a name of its own (deploy/Caddyfile). */
function dashboardAddress(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/") return url.origin;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `--at: expected an address such as https://marketing.shop.example, got "${text}"`,
  );
}

/**
 * How the first person gets into the dashboard; undefined when somebody has been in. The link itself is for a terminal:
 * elsewhere it would lie in a journal that others read.
 */
export async function firstLogin(
  house: Pick<House, "database">,
  base: string,
  isTerminal: boolean,
): Promise<string | undefined> {
  if (await hasAnySession(await house.database())) return undefined;
  return isTerminal
    ? `first login, once within an hour: ${await loginLink(house, base)}`
    : "nobody has logged in yet: `waypost login` prints a link";
}

export async function loginLink(house: Pick<House, "database">, base: string): Promise<string> {
  return `${base}/login?token=${await createLoginToken(await house.database())}`;
}
