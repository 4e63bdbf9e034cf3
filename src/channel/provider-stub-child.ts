import { reasonOf } from "../errors.ts";
import { type ProviderStub, startProviderStub, type StubBehaviour } from "./provider-stub.ts";
import type {
  ForkedStubOptions,
  StubCount,
  StubFaults,
  StubOrder,
} from "./provider-stub-process.ts";
import { likeTheRealOnes, seededFaults } from "./stub-behaviour.ts";

/** The other half of `forkProviderStub`: one stub, taking orders from the process that forked it, and gone when that is. */
let stub: ProviderStub | undefined;
let seed = "";

process.on("message", (order: StubOrder) => {
  obey(order).then(
    (value) =>
      process.send?.(
        { id: order.id, value },
        () => order.order === "close" && process.disconnect(),
      ),
    (thrown: unknown) => process.send?.({ id: order.id, failure: reasonOf(thrown) }),
  );
});
process.on("disconnect", () => void stub?.close());

async function obey(order: StubOrder): Promise<unknown> {
  if (order.order === "start") {
    seed = order.options.seed;
    stub = await startProviderStub({ ...order.options, behaviour: behaviourOf(order.options) });
    const { url, sendgridPublicKey, twilioAuthToken } = stub;
    return { url, sendgridPublicKey, twilioAuthToken };
  }
  if (stub === undefined) throw new Error("it was not started");
  switch (order.order) {
    case "count":
      return countOf(stub);
    case "deliver_due":
      return stub.deliverDue(order.until === null ? undefined : new Date(order.until));
    case "behave":
      return stub.behave(faultsOf(order.behaviour, seed));
    case "close":
      return stub.close();
  }
}

function behaviourOf({ behaviour, seed }: ForkedStubOptions): StubBehaviour | undefined {
  if (behaviour === undefined) return undefined;
  return behaviour === "like_the_real_ones" ? likeTheRealOnes({ seed }) : faultsOf(behaviour, seed);
}

function faultsOf({ faults, ...rest }: StubFaults, seed: string): StubBehaviour {
  return seededFaults({ ...rest, seed, rates: faults });
}

function countOf({ seen, requests, pending }: ProviderStub): StubCount {
  const count = {
    requests,
    pending,
    deliveries: seen.size,
    requestedTwice: 0,
    takenTwice: 0,
    taken: 0,
  };
  for (const delivery of seen.values()) {
    if (delivery.requests > 1) count.requestedTwice++;
    if (delivery.taken > 1) count.takenTwice++;
    if (delivery.taken > 0) count.taken++;
  }
  const { user, system } = process.cpuUsage();
  return { ...count, cpuMs: Math.round((user + system) / 1000) };
}
