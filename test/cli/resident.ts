import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A command as it is typed: where, in which environment, and its words. */
export interface Typed {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly words: readonly string[];
}

/** Ends what a command has written to stdout, and what it has to stderr; no text of ours contains it. */
export const endOfText = "\u0000end of text\u0000";

const child = fileURLToPath(new URL("resident-child.ts", import.meta.url));
const endsWithinMs = 10_000;

/**
 * A Waypost that stays in memory and does one command after another, each as if it were typed into a process of its own:
 * to start one is most of what a command takes.
 */
export class Resident {
  #process: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** How the command ended and what it wrote, once those before it have ended. */
  obey(typed: Typed): Promise<{ code: number; out: string; err: string }> {
    const ended = this.#last.then(() => this.#run(typed));
    this.#last = ended.catch(() => {});
    return ended;
  }

  /** It has to end by itself, as every command does: whatever one of them left open keeps it from that. */
  async letGo(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process?.connected !== true) return;
    const ended = once(process, "exit").then(() => true);
    process.disconnect();
    if (await Promise.race([ended, pause(endsWithinMs, false, { ref: false })])) return;
    process.kill("SIGKILL");
    throw new Error("Waypost did not end by itself: one of the commands left something open");
  }

  async #run(typed: Typed) {
    const process = (this.#process ??= fork(child, { stdio: ["ignore", "pipe", "pipe", "ipc"] }));
    const gone = new AbortController();
    const go = () => gone.abort();
    process.once("close", go);
    const message = once(process, "message", { signal: gone.signal }) as Promise<[number]>;
    const [out, err] = [process.stdout, process.stderr].map((from) => textOf(from, gone.signal));
    process.send(typed);
    try {
      const [code] = await message;
      return { code, out: (await out) ?? "", err: (await err) ?? "" };
    } catch (cause) {
      this.#process = undefined;
      throw new Error(`waypost ${typed.words.join(" ")}: its process ended\n${await err}`, {
        cause,
      });
    } finally {
      process.off("close", go);
    }
  }
}

function textOf(stream: Readable | null, gone: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const end = () => {
      stream?.off("data", hear);
      resolve(text.replace(endOfText, ""));
    };
    const hear = (chunk: string) => {
      text += chunk;
      if (text.endsWith(endOfText)) end();
    };
    stream?.setEncoding("utf8").on("data", hear);
    gone.addEventListener("abort", end);
  });
}
