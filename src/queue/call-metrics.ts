import { Counter, Histogram, Registry } from "prom-client";
import type { Outcome, Provider } from "../channel/channel.ts";
import type { Delivery } from "../message/delivery-run.ts";

/** What this process did at its providers' doors: counted here, since no table says how long a call took. */
export const callMetrics = new Registry();

const calls = new Counter({
  name: "waypost_calls_total",
  help: "Calls to providers by what came of them",
  labelNames: ["channel", "outcome"],
  registers: [callMetrics],
});
const seconds = new Histogram({
  name: "waypost_call_seconds",
  help: "How long providers took to answer",
  labelNames: ["channel"],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  registers: [callMetrics],
});

/** The same delivery, with its calls counted and timed. */
export function counted(delivery: Delivery): Delivery {
  const { channel, carrier } = delivery;
  const send: Provider["send"] = async (message, signal) => {
    const begun = performance.now();
    let outcome: Outcome["kind"] = "unknown";
    try {
      const answer = await carrier.send(message, signal);
      outcome = answer.kind;
      return answer;
    } finally {
      seconds.observe({ channel }, (performance.now() - begun) / 1000);
      calls.inc({ channel, outcome });
    }
  };
  return { ...delivery, carrier: { ...carrier, send } };
}
