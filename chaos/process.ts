import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Closers } from "../bench/closers.ts";

/** A process of Waypost that can be broken: `waypost worker` or `waypost web`. */
export interface Process {
  readonly pid: number;
  readonly isGone: boolean;
  /** Faults that struck it, as `after-claim kill`. */
  readonly struck: readonly string[];
  /** What it complained of, where that was asked for. */
  readonly said: readonly string[];
  /** Settles when it works. */
  ready(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Moves its clock, so many milliseconds from the true time. */
  setClock(offsetMs: number): void;
  /** Bytes it has in memory, and has had at most; 0 where the system does not tell. */
  memory(): number;
  peakMemory(): number;
  /** Seconds of a processor it has used; 0 where the system does not tell. */
  processorSeconds(): number;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
  /** SIGTERM; the code it ended with, or the signal that killed it. */
  stop(): Promise<number | NodeJS.Signals | null>;
}

export interface ProcessOptions {
  readonly role: "worker" | "web";
  /** Of the release whose code it runs. */
  readonly module: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clockMs?: number;
  /** What it complains of is kept, and not for the terminal. */
  readonly isHeard?: boolean;
  readonly closers: Closers;
}

export type Told = { readonly clockMs: number };

export function startProcess(options: ProcessOptions): Process {
  const child = fork(options.module, [options.role, String(options.clockMs ?? 0)], {
    cwd: options.folder,
    env: { PATH: process.env["PATH"], ...options.environment },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const forget = options.closers.add(() => void child.kill("SIGKILL"));
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const gone = once(child, "exit").finally(() => void forget());
  const said: string[] = [];
  const complain = (line: string) =>
    options.isHeard === true ? said.push(line) : process.stderr.write(`  ${child.pid}: ${line}\n`);
  const struck = faultsOf(child, complain);
  const ready = Promise.race([once(child, "message"), gone.then(() => undefined)]);
  const end = async (signal: NodeJS.Signals) => {
    if (!isGone()) child.kill(signal);
    await gone;
    return child.exitCode ?? child.signalCode;
  };
  return {
    pid: child.pid ?? 0,
    struck,
    said,
    get isGone() {
      return isGone();
    },
    ready: async () => void (await ready),
    signal: (signal) => void child.kill(signal),
    setClock: (clockMs) => void child.send({ clockMs } satisfies Told),
    memory: () => memoryOf(child.pid, "VmRSS"),
    peakMemory: () => memoryOf(child.pid, "VmHWM"),
    processorSeconds: () => processorOf(child.pid),
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

const door = fileURLToPath(new URL("../bin/waypost.cjs", import.meta.url));

/** Whatever it ends with: a command that finds something wrong says so by its code, too. */
export async function runCommand(
  command: string,
  folder: string,
  environment: ProcessOptions["environment"],
): Promise<string> {
  const child = spawn(process.execPath, [door, command], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let failure = "";
  child.on("error", (error) => (failure = error.message));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + err + failure;
}

function memoryOf(pid: number | undefined, what: "VmRSS" | "VmHWM"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return 1024 * Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Of the system's hundredths. */
function processorOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** What it writes goes on to the terminal, but for the marks of the faults that were asked for. */
function faultsOf(child: ChildProcess, complain: (line: string) => unknown): readonly string[] {
  const struck: string[] = [];
  let rest = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, fault] = /^fault (\S+ \w+)$/.exec(line) ?? [];
      if (fault === undefined) complain(line);
      else struck.push(fault);
    }
  });
  return struck;
}
