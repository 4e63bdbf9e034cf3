import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { AftermathOptions } from "./stub-aftermath.ts";
import type { StubEvent } from "./stub-event.ts";
import type { StubAnswerName } from "./stub-answer.ts";

/** Beside this file, and written in the same language: the published package has no TypeScript. */
const stubChild = new URL(`./provider-stub-child${extname(import.meta.url)}`, import.meta.url);

/** What a stub in a process of its own is told: data only, so its behaviours go by name. */
export interface ForkedStubOptions {
  readonly port?: number;
  readonly seed: string;
  readonly behaviour?: "like_the_real_ones" | StubFaults;
  readonly log?: string;
  readonly webhooks?: AftermathOptions;
  readonly twilioAuthToken?: string;
}

/** Answers by their probability, else the message is taken after `answerMs` and reported as delivered. */
export interface StubFaults {
  readonly faults: Partial<Readonly<Record<StubAnswerName, number>>>;
  readonly answerMs?: number;
  /** What happens to a taken message; delivered after 50 ms, where nothing is said. */
  readonly events?: readonly StubEvent[];
}

/** What a run comes down to: more than one taken is a message sent twice. */
export interface StubCount {
  readonly requests: number;
  readonly deliveries: number;
  readonly requestedTwice: number;
  readonly takenTwice: number;
  readonly taken: number;
  readonly pending: number;
  /** Node CPU the stub itself used, in milliseconds. */
  readonly cpuMs: number;
}

/** A stub that does not share a processor's time with what is measured, nor its death with what is killed. */
export interface ForkedStub {
  readonly url: string;
  readonly sendgridPublicKey: string;
  readonly twilioAuthToken: string;
  readonly pid: number;
  count(): Promise<StubCount>;
  /** From the next request on. */
  behave(behaviour: StubFaults): Promise<void>;
  deliverDue(until?: Date): Promise<number>;
  close(): Promise<void>;
}

export type StubOrder = { readonly id: number } & (
  | { readonly order: "start"; readonly options: ForkedStubOptions }
  | { readonly order: "count" | "close" }
  | { readonly order: "behave"; readonly behaviour: StubFaults }
  | { readonly order: "deliver_due"; readonly until: number | null }
);
export interface StubReply {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: string;
}

export async function forkProviderStub(options: ForkedStubOptions): Promise<ForkedStub> {
  const child = fork(fileURLToPath(stubChild), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ask = asking(child);
  const started = (await ask({ order: "start", options })) as Pick<
    ForkedStub,
    "url" | "sendgridPublicKey" | "twilioAuthToken"
  >;
  return {
    ...started,
    pid: child.pid ?? 0,
    count: () => ask({ order: "count" }) as Promise<StubCount>,
    behave: async (behaviour) => void (await ask({ order: "behave", behaviour })),
    deliverDue: (until) =>
      ask({ order: "deliver_due", until: until?.getTime() ?? null }) as Promise<number>,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      await ask({ order: "close" });
      await gone;
    },
  };
}

type Order = StubOrder extends infer Each
  ? Each extends unknown
    ? Omit<Each, "id">
    : never
  : never;

function asking(child: ChildProcess): (order: Order) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  child.on("message", (reply: StubReply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.failure === undefined) asked?.resolve(reply.value);
    else asked?.reject(new Error(`provider stub: ${reply.failure}`));
  });
  child.on("exit", () => {
    for (const asked of waiting.values())
      asked.reject(new Error("provider stub: its process ended"));
  });
  return (order) => {
    const asked = Promise.withResolvers<unknown>();
    waiting.set(++count, asked);
    // Without the callback a process that is gone would end ours.
    child.send({ ...order, id: count }, (failure) => {
      if (failure !== null) asked.reject(new Error(`provider stub: ${failure.message}`));
    });
    return asked.promise;
  };
}
