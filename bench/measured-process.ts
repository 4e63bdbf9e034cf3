import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Closers } from "./closers.ts";

/** What a measured process does when it is told to. Each is answered when it is done. */
export type Order =
  /** Builds all parts and does nothing yet, so that starting is not measured. */
  | { readonly order: "open" }
  | { readonly order: "work" }
  /** Answers with its address. */
  | { readonly order: "web" }
  | {
      readonly order: "import";
      readonly kind: "customers" | "orders";
      readonly file: string;
      readonly mapping: string | undefined;
    }
  /** Renders, stringifies and posts so many messages, and nothing else. */
  | {
      readonly order: "render_and_post";
      readonly url: string;
      readonly messages: number;
      readonly inFlight: number;
    }
  | { readonly order: "usage" | "close" };

export interface Usage {
  readonly cpuMs: number;
  /** The most it ever held. */
  readonly peakMb: number;
}

export interface Imported {
  readonly seconds: number;
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
  readonly rejected: number;
}

/** A process whose processor time and memory are its own: nothing of the bench is in its figures. */
export interface Measured {
  ask(order: Order): Promise<unknown>;
  usage(): Promise<Usage>;
  /** Ends it as SIGTERM would: what is in flight is finished. */
  stop(): Promise<void>;
}

export interface Answer {
  readonly value?: unknown;
  readonly failure?: string;
}

export async function forkMeasured(options: {
  readonly folder: string;
  readonly profile: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly closers: Closers;
}): Promise<Measured> {
  const child = fork(fileURLToPath(new URL("./measured-child.ts", import.meta.url)), {
    cwd: options.folder,
    env: { PATH: process.env["PATH"], ...options.environment },
    execArgv: [
      // As the Dockerfile and the systemd units start it.
      "--max-semi-space-size=8",
      ...(options.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profile}`]),
    ],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  options.closers.add(() => void child.kill("SIGKILL"));
  const gone = once(child, "exit");
  return {
    ask: (order) => ask(child, order),
    usage: () => ask(child, { order: "usage" }) as Promise<Usage>,
    async stop() {
      await ask(child, { order: "close" });
      child.disconnect();
      await gone;
    },
  };
}

/** One order at a time: answers carry no number. */
async function ask(child: ChildProcess, order: Order): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null)
    throw new Error(`${order.order}: the measured process had ended`);
  const given = new AbortController();
  const { signal } = given;
  try {
    child.send(order);
    const [answer] = (await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(() => {
        throw new Error(`${order.order}: the measured process ended`);
      }),
    ])) as [Answer];
    if (answer.failure !== undefined) throw new Error(`${order.order}: ${answer.failure}`);
    return answer.value;
  } finally {
    given.abort();
  }
}
