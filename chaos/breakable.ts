import { readConfig } from "../src/config.ts";
import { openHouse } from "../src/main.ts";
import { createWake } from "../src/queue/wake.ts";
import { startWorker } from "../src/queue/worker.ts";
import { startWeb } from "../src/web/web.ts";
import { untilStopped } from "../src/cli/stop.ts";
import type { Told } from "./process.ts";
import { deadline, heartbeatMs, leaseSeconds, nameIsKeptMs } from "./sizes.ts";

/**
 * `waypost worker` or `waypost web` as the terminal runs them, with a clock that can be moved from outside and shorter
 * leases. The other half of process.ts.
 */
const [role, clockMs] = process.argv.slice(2);
let offsetMs = Number(clockMs);
const clock = { now: () => new Date(Date.now() + offsetMs) };
const house = openHouse(readConfig(process.cwd()), clock);

process.on("message", (told: Told) => (offsetMs = told.clockMs));
process.on("disconnect", () => process.exit());

// As in the terminal: whoever is asked to stop while it begins to work must hear it.
const stopped = untilStopped();
const running = role === "web" ? await openWeb() : await work();
process.send?.("ready");
await stopped;
await running();
await house.close();
process.exit(0);

async function work(): Promise<() => Promise<void>> {
  const engine = await house.engine();
  const { backend } = await house.queues();
  const wake = createWake(backend, { nameIsKeptMs });
  const deliveries = new Map(
    [...engine.deliveries].map(([name, delivery]) => {
      // Whoever has a longer deadline needs a longer lease.
      const longer = delivery.deadlineMs / 1000 - deadline;
      return [name, { ...delivery, leaseSeconds: leaseSeconds + longer }];
    }),
  );
  const url = await house.databaseUrl();
  const worker = await startWorker({ ...engine, deliveries }, backend, wake, url, { heartbeatMs });
  return async () => {
    await worker.stop();
    await wake.close();
  };
}

async function openWeb(): Promise<() => Promise<void>> {
  const { HOST, PORT } = house.config.environment;
  const web = await startWeb(await house.site(), { host: HOST, port: PORT });
  return () => web.close();
}
