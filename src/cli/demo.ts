import { setFlagsFromString } from "node:v8";
import { type ProviderStub, startProviderStub } from "../channel/provider-stub.ts";
import { likeTheRealOnes } from "../channel/stub-behaviour.ts";
import { readConfig } from "../config.ts";
import { startEmbedded } from "../database/embedded.ts";
import { type DemoOptions, openShop, playDays, playedEngine, startOf } from "../demo/demo.ts";
import {
  clearProject,
  keepAlone,
  keepPort,
  makeProject,
  playedConfig,
} from "../demo/demo-project.ts";
import { PlayedClock } from "../rehearsal/played-clock.ts";
import { summarise } from "../demo/summary.ts";
import { startWorker } from "../queue/worker.ts";
import { startWeb } from "../web/web.ts";
import { applyProject } from "./apply.ts";
import type { CommandFile, Terminal } from "./command.ts";
import { count } from "./count.ts";
import { tellSummary } from "./demo-summary.ts";
import { loginLink } from "./login.ts";
import { say, sayJson } from "./output.ts";
import { progress } from "./progress.ts";
import { untilStopped } from "./stop.ts";

interface Options extends DemoOptions {
  readonly exit?: true;
  readonly json?: true;
}

export const demo: CommandFile = {
  register(program, terminal) {
    program
      .command("demo")
      .description(
        "see it run: a sample shop's last weeks, played in a minute on a database of its own",
      )
      .option("--exit", "end when the days are played, instead of serving the dashboard")
      .option("--json", "the summary as one line of JSON on stdout")
      .option("--customers <number>", "how many customers the shop has", count(1, 100_000), 3000)
      .option("--days <number>", "how many of the last days are played", count(1, 180), 30)
      .option("--seed <text>", "another seed is another shop", "demo")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost demo\n  $ waypost demo --exit --json --customers 500 --days 20\n\nNothing leaves the machine: the providers are played too. What was sent lies in .waypost/demo/.waypost/outbox;\nwaypost -C .waypost/demo journeys looks into the demo's project.",
      )
      .action((options: Options) => run(terminal, options));
  },
};

/** Every part is taken down in the order in which it leans on the others, whatever ends the demo. */
async function run(terminal: Terminal, options: Options): Promise<void> {
  // Loading and importing leave much behind, which a machine with much memory would not sweep for long.
  setFlagsFromString("--optimize-for-size");
  const started = performance.now();
  const until = new Date();
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => stopping.abort());
  const shown = progress("demo");
  await using parts = new AsyncDisposableStack();
  parts.defer(() => shown.end());
  shown.show("starting the database", 0, 1, "");
  const folder = makeProject(terminal.folder());
  const { environment } = readConfig(folder);
  const server = await startEmbedded({ folder, durable: false });
  parts.defer(() => server.stop());
  parts.use(await keepAlone(server.url, environment.WAYPOST_SCHEMA));
  clearProject(folder);

  const clock = new PlayedClock(startOf(until, options));
  const kept = await keepPort(environment);
  parts.defer(() => kept.letGo());
  const address = { host: environment.HOST, port: kept.port };
  const url = urlOf(address);
  const stub = await openProviders(options.seed, clock, url);
  parts.defer(() => stub.close());
  const played = { databaseUrl: server.url, url, providers: stub };
  const house = terminal.openHouse(folder, {
    clock,
    change: (config) => playedConfig(config, played),
  });
  parts.defer(() => house.close());
  const site = await house.site();
  const engine = playedEngine(await house.engine(), site.outbox, options.seed);
  await kept.letGo();
  const web = await startWeb({ ...site, engine }, address);
  parts.defer(() => web.close());
  const future = await openShop(engine, options, until, shown.show);
  await applyProject(house);

  const { backend, wake } = await house.queues();
  const worker = await startWorker(engine, backend, wake, server.url);
  parts.defer(() => worker.stop());
  const working = { engine, wake, stopping: stopping.signal };
  setFlagsFromString("--no-optimize-for-size");
  await playDays(working, clock, stub, { future, options, until }, shown.show);
  shown.end();
  if (stopping.signal.aborted) {
    process.stderr.write("demo: stopped before its end\n");
    process.exitCode = 130;
    return;
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const summary = await summarise(engine.database, stub, clock.now(), seconds);
  const link = options.exit === true ? undefined : await loginLink(house, url);
  if (options.json === true) sayJson({ ...summary, ...(link && { dashboard: link }) });
  else tellSummary(summary, folder);
  if (link === undefined) return;
  if (options.json !== true) say(`dashboard: ${link}\nCtrl-C ends the demo.`);
  await serve(clock, stub, stopped);
}

function openProviders(seed: string, clock: PlayedClock, url: string): Promise<ProviderStub> {
  return startProviderStub({
    seed,
    clock,
    behaviour: likeTheRealOnes({ seed }),
    webhooks: {
      pace: "manual",
      sendgridUrl: `${url}/r/sendgrid`,
      twilioInboundUrl: `${url}/r/twilio`,
      follow: url,
    },
  });
}

const everyMs = 2000;

/** From here on time is real: what is still to come of the messages comes when it is due. */
async function serve(clock: PlayedClock, stub: ProviderStub, stopped: Promise<void>) {
  clock.runOn();
  const timer = setInterval(() => void stub.deliverDue(clock.now()), everyMs);
  await stopped;
  clearInterval(timer);
}

/** Where messages link to: a server that listens everywhere is reached at home. */
function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  const reached = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}
