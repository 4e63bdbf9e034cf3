import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { setTimeout as pause } from "node:timers/promises";
import type { Closers } from "../bench/closers.ts";
import { freePort } from "../test/support/free-port.ts";
import type { Certificate } from "./certificates.ts";

/** What a connection that is being closed is given to have its answer. */
const patienceMs = 15_000;
/** Who asks nothing for so long is not about to. */
const idleMs = 1500;

/**
 * The way to a provider, in front of its stub: it can be shut, and be shown with another certificate. Connections that
 * stand are ended once their answer has passed, so that nobody's call is cut in the middle by us.
 */
export class Door {
  readonly url: string;
  /** Requests that came on a connection just as it was ended: nobody can tell what became of them. */
  cut = 0;
  readonly #server: Server & { setSecureContext?: (options: Certificate) => void };
  readonly #port: number;
  readonly #stub: URL;
  readonly #passing = new Set<Passing>();

  private constructor(stub: URL, port: number, certificate?: Certificate) {
    this.#stub = stub;
    this.#port = port;
    this.url = `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`;
    const pass = (client: Socket) => this.#pass(client);
    this.#server =
      certificate === undefined ? createServer(pass) : createTlsServer({ ...certificate }, pass);
  }

  static async open(stubUrl: string, closers: Closers, certificate?: Certificate): Promise<Door> {
    const door = new Door(new URL(stubUrl), await freePort(), certificate);
    await door.open();
    closers.add(() => door.shut());
    return door;
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async shut(): Promise<void> {
    this.#server.close();
    await this.#endAll();
  }

  /** To whoever comes from now on, and those who are connected have to come again. */
  async show(certificate: Certificate): Promise<void> {
    this.#server.setSecureContext?.(certificate);
    await this.#endAll();
  }

  #pass(client: Socket): void {
    const passing = new Passing(client, connect(Number(this.#stub.port), this.#stub.hostname));
    this.#passing.add(passing);
    client.once("close", () => {
      this.#passing.delete(passing);
      if (passing.isCut) this.cut += 1;
    });
  }

  async #endAll(): Promise<void> {
    const those = [...this.#passing];
    const areGone = async (withinMs: number) => {
      const until = Date.now() + withinMs;
      while (those.some((one) => this.#passing.has(one)) && Date.now() < until) await pause(10);
    };
    for (const passing of those) passing.announceEnd();
    await areGone(idleMs);
    for (const passing of those) passing.end();
    await areGone(patienceMs);
    for (const passing of those) passing.destroy();
  }
}

/** One connection. A request is on its way from its first byte to the first of its answer, which comes in one piece. */
class Passing {
  isCut = false;
  readonly #client: Socket;
  #isAsking = false;
  #isAnnounced = false;
  #isEnding = false;

  constructor(client: Socket, stub: Socket) {
    this.#client = client;
    client.on("data", (chunk: Buffer) => {
      if (this.#isEnding && !this.#isAsking) this.isCut = true;
      else this.#isAsking = stub.write(chunk) || true;
    });
    stub.on("data", (chunk: Buffer) => {
      client.write(this.#isAnnounced ? announced(chunk) : chunk);
      this.#isAsking = false;
      if (this.#isAnnounced) client.end();
    });
    client.on("close", () => void stub.destroy()).on("error", () => {});
    stub.on("close", () => void client.destroy()).on("error", () => {});
  }

  /** With its next answer, so that nobody asks anything more. */
  announceEnd(): void {
    this.#isAnnounced = true;
  }

  end(): void {
    this.#isEnding = true;
    if (!this.#isAsking) this.#client.end();
  }

  destroy(): void {
    if (this.#isAsking) this.isCut = true;
    this.#client.destroy();
  }
}

function announced(answer: Buffer): Buffer {
  const text = answer
    .toString("latin1")
    .replace(/^Connection: keep-alive(?=\r$)/im, "Connection: close");
  return Buffer.from(text, "latin1");
}
