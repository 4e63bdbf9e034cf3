import { statSync } from "node:fs";
import { systemClock } from "../src/clock.ts";
import type { House } from "../src/cli/house.ts";
import { readConfig } from "../src/config.ts";
import { importFile } from "../src/customer/import-file.ts";
import { MistakesError, reasonOf } from "../src/errors.ts";
import { openHouse } from "../src/main.ts";
import { type RunningWorker, startWorker } from "../src/queue/worker.ts";
import { startWeb } from "../src/web/web.ts";
import type { Answer, Imported, Order } from "./measured-process.ts";
import { renderAndPost } from "./render-and-post.ts";

/** The other half of `forkMeasured`: Waypost as the terminal would run it, taking orders from the bench, and gone when that is. */
const house: House = openHouse(readConfig(process.cwd()));
let worker: RunningWorker | undefined;

process.on("message", (order: Order) => {
  obey(order).then(
    (value) => process.send?.({ value } satisfies Answer),
    (thrown: unknown) => process.send?.({ failure: reasonOf(thrown) } satisfies Answer),
  );
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches the whole group of processes; the bench decides when this one ends.
process.on("SIGINT", () => {});

async function obey(order: Order): Promise<unknown> {
  switch (order.order) {
    case "open":
      return open();
    case "work":
      return work();
    case "web":
      return (await startWeb(await house.site(), { host: "127.0.0.1", port: 0 })).url;
    case "import":
      return runImport(order);
    case "render_and_post":
      return renderAndPost(house.config, order);
    case "usage": {
      const { user, system } = process.cpuUsage();
      return { cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 };
    }
    case "close":
      await worker?.stop();
      return house.close();
  }
}

async function open(): Promise<void> {
  const { mistakes } = await house.project();
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  await house.engine();
  await house.queues();
}

async function work(): Promise<void> {
  const { backend, wake } = await house.queues();
  worker = await startWorker(await house.engine(), backend, wake, await house.databaseUrl());
}

async function runImport({ kind, file, mapping }: Order & { order: "import" }): Promise<Imported> {
  const { country, zone, currency } = house.config;
  const database = await house.database();
  statSync(file);
  const from = performance.now();
  const report = await importFile(database, {
    kind,
    file,
    mapping,
    country,
    zone,
    currency,
    now: systemClock.now(),
    rejectsFile: `${process.cwd()}/rejected-${process.pid}.csv`,
  });
  const { rows, inserted, updated, rejected } = report;
  return { seconds: (performance.now() - from) / 1000, rows, inserted, updated, rejected };
}
