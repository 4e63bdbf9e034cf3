import { hash } from "node:crypto";
import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { isTaken, type StubAnswer } from "./stub-answer.ts";
import type { StubMessage, StubRequest } from "./stub-request.ts";

/** One request as the log keeps it. */
export interface StubLine {
  /** When all of it had come. */
  readonly at: string;
  readonly provider: string;
  readonly deliveryId: string | null;
  /** Which request with this delivery id it is, from 1, as far as this life of the stub knows. */
  readonly attempt: number;
  /** Marks of the recipient and of what a person would read first: the subject, or the text of an SMS. */
  readonly to: string | null;
  readonly says: string | null;
  /** Whether the message is on its way, whatever was answered. */
  readonly taken: boolean;
  /** Null: the usual success. */
  readonly status: number | null;
  readonly travels: string;
}

/** Enough of a hash to tell texts apart, so that a log of a hundred thousand requests names nobody. */
export const markOf = (text: string): string => hash("sha256", text).slice(0, 16);

export function lineOf(request: StubRequest, answer: StubAnswer): StubLine {
  const { provider, deliveryId, attempt } = request;
  const message = readable(request);
  return {
    at: new Date().toISOString(),
    provider,
    deliveryId,
    attempt,
    to: message === undefined ? null : markOf(message.to),
    says: message === undefined ? null : markOf(message.subject ?? message.text),
    taken: isTaken(answer),
    status: answer.status ?? null,
    travels: answer.travels ?? "whole",
  };
}

function readable(request: StubRequest): StubMessage | undefined {
  try {
    return request.message;
  } catch {
    return undefined;
  }
}

const synchronize = promisify(fdatasync);

/**
 * Keeps one line of JSON a request, also when the machine dies. It is written at once; lines that come while others are
 * on their way to the disk share the next turn, as a database's commits do.
 */
export class StubLog {
  readonly #file: number;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = openSync(file, "a");
  }

  /** Settles when it is on the disk: only then may the request be answered. */
  append(line: StubLine): Promise<void> {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    return (this.#next ??= this.#keep());
  }

  async close(): Promise<void> {
    await this.#next;
    await this.#running;
    closeSync(this.#file);
  }

  async #keep(): Promise<void> {
    await this.#running;
    this.#next = undefined;
    this.#running = synchronize(this.#file);
    await this.#running;
  }
}
