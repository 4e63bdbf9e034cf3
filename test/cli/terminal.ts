import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { urlOf } from "../support/database.ts";

const door = resolve("bin/waypost.cjs");

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** What was written for programs: one value a line. */
  json(): readonly unknown[];
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** What it has written so far, its log first. */
  said(): string;
  stop(signal: NodeJS.Signals): void;
  /** As `| head` does at the end of its lines. */
  stopReading(): void;
}

/** A project folder of the test's own with the shipped files in it, and a terminal in that folder. */
export class Terminal {
  readonly folder = mkdtempSync(join(tmpdir(), "waypost-cli-"));
  readonly #environment: Record<string, string | undefined>;

  constructor(environment: Record<string, string | undefined> = {}) {
    this.#environment = { LOG_LEVEL: "warn", ...environment };
    for (const name of ["workflows", "templates", "waypost.yaml"])
      cpSync(name, join(this.folder, name), { recursive: true });
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Types a command as an operator does, in the project's folder, and waits for its end. */
  waypost(...words: readonly string[]): Promise<Ended> {
    return this.run(...words).ended;
  }

  /** The same for a command that runs until it is stopped. */
  run(...words: readonly string[]): Running {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, ...this.#environment };
    const child = spawn(process.execPath, [door, ...words], { cwd: this.folder, env });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk.toString()));
    const ended = new Promise<Ended>((resolved) => {
      child.on("close", (code) => {
        const text = out.join("");
        const json = () =>
          text
            .trim()
            .split("\n")
            .map((line): unknown => JSON.parse(line));
        resolved({ code, out: text, err: err.join(""), json });
      });
    });
    return {
      ended,
      said: () => [...err, ...out].join(""),
      stop: (signal) => void child.kill(signal),
      stopReading: () => void child.stdout.destroy(),
    };
  }
}

/** A terminal whose project is in a database of the test. */
export function aTerminal(database: Database, environment: Record<string, string> = {}): Terminal {
  return new Terminal({ DATABASE_URL: urlOf(database), ...environment });
}
