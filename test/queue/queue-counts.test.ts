import { describe, expect, it } from "vitest";
import { createLog } from "../../src/log.ts";
import { openBackend } from "../../src/queue/open-backend.ts";
import { createQueueGauge } from "../../src/queue/queue-counts.ts";
import { createWake } from "../../src/queue/wake.ts";
import { aDatabase } from "../support/database.ts";
import { places } from "./house.ts";

const database = await aDatabase();

describe.each(places(database))("queues in %s", (_, place) => {
  it("tell how many jobs wait in each", async () => {
    const backend = await openBackend(place, createLog("silent"));
    const wake = createWake(backend);
    const gauge = createQueueGauge(backend, ["email"]);
    await wake.engine("react");
    await wake.engine("react");
    await wake.delivery("email");
    const counts = await gauge.counts();
    expect(counts.map(({ queue, waiting, active }) => [queue, waiting, active])).toEqual([
      ["waypost-engine", 1, 0],
      ["waypost-deliver-email", 1, 0],
    ]);
    await gauge.close();
    await wake.close();
  });
});
