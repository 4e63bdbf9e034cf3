import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TestRunner, afterAll, onTestFinished } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { urlOf } from "../support/database.ts";
import { Resident } from "./resident.ts";

const door = resolve("bin/waypost.cjs");
const resident = new Resident();

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
    const { PATH, HOME } = process.env;
    this.#environment = { PATH, HOME, LOG_LEVEL: "warn", ...environment };
    for (const name of ["workflows", "templates", "waypost.yaml"])
      cpSync(name, join(this.folder, name), { recursive: true });
    atEnd(() => rmSync(this.folder, { recursive: true, force: true }));
    if (!isInTest()) afterAll(() => resident.letGo());
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Does a command as if an operator typed it in the project's folder, without the time that starting Waypost takes. */
  async waypost(...words: readonly string[]): Promise<Ended> {
    const { folder } = this;
    return asEnded(await resident.obey({ folder, environment: this.#environment, words }));
  }

  /** Types it at the door, in a process of its own: what runs until it is stopped, and once each of the others. */
  run(...words: readonly string[]): Running {
    const env = this.#environment;
    const child = spawn(process.execPath, [door, ...words], { cwd: this.folder, env });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk.toString()));
    const ended = new Promise<Ended>((resolved) => {
      child.on("close", (code) =>
        resolved(asEnded({ code, out: out.join(""), err: err.join("") })),
      );
    });
    return {
      ended,
      said: () => [...err, ...out].join(""),
      stop: (signal) => void child.kill(signal),
      stopReading: () => void child.stdout.destroy(),
    };
  }
}

function asEnded(ended: Pick<Ended, "code" | "out" | "err">): Ended {
  const lines = () => ended.out.trim().split("\n");
  return { ...ended, json: () => lines().map((line): unknown => JSON.parse(line)) };
}

const isInTest = () => TestRunner.getCurrentTest() !== undefined;

/** At the end of the test that is running, else of the file. */
function atEnd(clean: () => void): void {
  if (isInTest()) onTestFinished(clean);
  else afterAll(clean);
}

/** A terminal whose project is in a database of the test. */
export function aTerminal(database: Database, environment: Record<string, string> = {}): Terminal {
  return new Terminal({ DATABASE_URL: urlOf(database), ...environment });
}
