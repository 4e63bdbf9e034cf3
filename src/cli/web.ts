import { startWeb } from "../web/web.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { say } from "./output.ts";
import { firstLogin } from "./login.ts";
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

/** Starts the web door and says where it is, and how the first person who comes gets in. */
export async function openWeb(house: House) {
  const { HOST, PORT, METRICS_PORT } = house.config.environment;
  const ports = { port: PORT, metricsPort: METRICS_PORT };
  const running = await startWeb(await house.site(), { host: HOST, ...ports });
  say(`dashboard: ${running.url}`);
  try {
    if (running.metricsUrl !== undefined) say(`metrics: ${running.metricsUrl}`);
    const way = await firstLogin(house, running.url, process.stdout.isTTY);
    if (way !== undefined) say(way);
    return running;
  } catch (thrown) {
    await running.close();
    throw thrown;
  }
}
