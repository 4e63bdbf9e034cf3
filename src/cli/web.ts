import { startWeb } from "../web/web.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { say } from "./output.ts";
import { loginLink } from "./login.ts";
import { untilStopped } from "./stop.ts";

export const web: CommandFile = {
  register(program, terminal) {
    program
      .command("web")
      .description(
        "serve the dashboard, the API, links in messages and provider webhooks; run as many as you like",
      )
      .addHelpText(
        "after",
        "\nExample:\n  $ PORT=8080 HOST=0.0.0.0 WAYPOST_URL=https://mail.shop.example waypost web",
      )
      .action(async () => {
        const house = terminal.house();
        const stopped = untilStopped();
        const running = await openWeb(house);
        await stopped;
        await running.close();
      });
  },
};

/** Starts the web door and says where it is, with a way in for the first person who comes. */
export async function openWeb(house: House) {
  const { HOST, PORT } = house.config.environment;
  const running = await startWeb(await house.site(), { host: HOST, port: PORT });
  say(`dashboard: ${running.url}`);
  const link = await loginLink(house, running.url, { onlyFirst: true });
  if (link !== undefined) say(`first login, once within an hour: ${link}`);
  return running;
}
