import { openMetrics, workerReadings } from "../queue/metrics-door.ts";
import { readiness } from "../queue/readiness.ts";
import { startWorker } from "../queue/worker.ts";
import type { CommandFile } from "./command.ts";
import { longestStopMs, untilStopped } from "./stop.ts";

export const worker: CommandFile = {
  register(program, terminal) {
    program
      .command("worker")
      .description("enrol customers, move them on and send their messages; run as many as you like")
      .addHelpText(
        "after",
        "\nExample:\n  $ DATABASE_URL=postgres://… REDIS_URL=redis://… waypost worker\n\nSIGTERM finishes what is in flight and leaves nothing unknown.",
      )
      .action(async () => {
        const house = terminal.house();
        const engine = await house.engine();
        const { backend, wake } = await house.queues();
        const stopped = untilStopped(longestStopMs(house.config));
        const { HOST, METRICS_PORT } = house.config.environment;
        let isWorking = false;
        const ready = async () => {
          const found = await readiness(engine.database);
          return { ...found, ok: found.ok && isWorking };
        };
        // Before any work: a worker that cannot be watched takes no jobs.
        const door =
          METRICS_PORT === undefined
            ? null
            : await openMetrics(HOST, METRICS_PORT, workerReadings(), ready);
        if (door !== null) house.log.info({ metrics: door.url }, "metrics are served");
        try {
          const running = await startWorker(engine, backend, wake, await house.databaseUrl());
          isWorking = true;
          house.log.info(
            { queues: backend.place.kind, channels: [...engine.deliveries.keys()] },
            "the worker is ready",
          );
          await stopped;
          isWorking = false;
          house.log.info("stopping: what is in flight is being finished");
          await running.stop();
        } finally {
          door?.close();
        }
      });
  },
};
