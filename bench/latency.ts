import { startProviderStub } from "../src/channel/provider-stub.ts";
import { type Wire, createWire } from "../src/channel/wire.ts";
import { createApiKey } from "../src/web/api-key.ts";
import type { Ground, Queues } from "./ground.ts";
import { applyText } from "./journey.ts";
import type { Row } from "./row.ts";

const receipt = `journey: receipt
class: transactional
start: { on: order_placed }
steps: [{ send: news, by: email }]
`;
/** Connections opened, plans made, templates compiled. */
const warmUp = 10;

/** From the POST of an event to the message at the provider's door, one after the other on an idle system. */
export async function* latency(ground: Ground): AsyncGenerator<Row> {
  for (const queues of ground.queues) {
    const times = (await measure(ground, queues)).toSorted((a, b) => a - b);
    const at = (share: number) => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
    yield {
      work: "event received to message handed over, p99",
      queues,
      value: at(0.99),
      unit: "ms",
      target: "250 ms",
      note: `p50 ${at(0.5).toFixed(0)} ms, worst ${at(1).toFixed(0)} ms, ${times.length} events`,
    };
  }
}

async function measure(ground: Ground, queues: Queues): Promise<number[]> {
  let arrived: () => void = () => {};
  const stub = await startProviderStub({
    behaviour: () => {
      arrived();
      return {};
    },
  });
  const close = ground.closers.add(() => stub.close());
  const fresh = await ground.fresh("customers");
  await applyText(fresh.database, receipt, new Date());
  const key = await createApiKey(fresh.database, "bench", new Date());
  const waypost = await ground.measured(fresh, { queues, sendgridUrl: stub.url });
  await waypost.ask({ order: "open" });
  await waypost.ask({ order: "work" });
  const url = String(await waypost.ask({ order: "web" }));
  const wire = createWire({ connections: 1 });
  const times: number[] = [];
  for (let event = 1; event <= ground.sizes.latencyEvents + warmUp; event++) {
    const arrival = Promise.withResolvers<void>();
    arrived = arrival.resolve;
    const from = performance.now();
    await track(wire, url, key, { customer: 1 + (event % ground.sizes.customers), event });
    await arrival.promise;
    if (event > warmUp) times.push(performance.now() - from);
  }
  await waypost.stop();
  await wire.close();
  await fresh.drop();
  await close();
  return times;
}

async function track(
  wire: Wire,
  url: string,
  key: string,
  { customer, event }: { customer: number; event: number },
): Promise<void> {
  const result = await wire.call({
    method: "POST",
    origin: url,
    path: "/v1/track",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      messageId: `bench-${event}`,
      userId: `c-${customer}`,
      event: "order_placed",
      properties: { total: event },
    }),
    signal: AbortSignal.timeout(30_000),
  });
  if (result.kind !== "answered" || result.status !== 200)
    throw new Error(`/v1/track: expected 200, got ${JSON.stringify(result)}`);
}
