import type { Ground } from "./ground.ts";
import { faultsIn, faultsOf, untilAllWent } from "./messages.ts";
import type { Measured } from "./measured-process.ts";
import type { Row } from "./row.ts";

const answerMs = 50;
/** What one worker has in flight by default, over its lanes. */
const inFlight = 32;
const crews = [1, 2, 4] as const;

/** Everybody gets one message from a provider that answers slowly, by one worker, by two, by four. */
export async function* scaling(ground: Ground): AsyncGenerator<Row> {
  for (const queues of ground.queues)
    for (const crew of crews) {
      const stub = await ground.stub();
      await stub.behave({ faults: {}, answerMs });
      const fresh = await ground.fresh("planned");
      const workers: Measured[] = [];
      for (let count = 0; count < crew; count++) {
        const worker = await ground.measured(fresh, { queues, sendgridUrl: stub.url });
        await worker.ask({ order: "open" });
        workers.push(worker);
      }
      const started = performance.now();
      await Promise.all(workers.map((worker) => worker.ask({ order: "work" })));
      await untilAllWent(fresh.database);
      const seconds = (performance.now() - started) / 1000;
      const usages = await Promise.all(workers.map((worker) => worker.usage()));
      for (const worker of workers) await worker.stop();
      const faults = [
        ...(await faultsIn(fresh.database, ground)),
        ...(await faultsOf(stub, ground)),
      ];
      await fresh.drop();
      await stub.close();
      yield {
        work: `messages to a provider of ${answerMs} ms, ${crew} ${crew === 1 ? "worker" : "workers"}`,
        queues,
        value: ground.sizes.customers / seconds,
        unit: "messages/s",
        peakMb: Math.max(...usages.map(({ peakMb }) => peakMb)),
        ceiling: {
          value: (crew * inFlight * 1000) / answerMs,
          of: `${crew * inFlight} calls in flight`,
        },
        faults,
      };
    }
}
