import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** What a service was sent. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Never answers. */
  readonly hangs?: boolean;
}

/** A service of the company's own on this machine, that answers as it is told. Call it at the top of the file. */
export async function aService() {
  const received: Received[] = [];
  let answer: (request: Received) => Answer = () => ({ body: "{}" });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      const { status = 200, headers: more = {}, body = "", hangs = false } = answer(one);
      if (!hangs) response.writeHead(status, more).end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    received,
    answers(how: (request: Received) => Answer) {
      answer = how;
      received.length = 0;
    },
  };
}
