import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry, collectDefaultMetrics } from "prom-client";
import { WaypostError, reasonOf } from "../errors.ts";
import { callMetrics } from "./call-metrics.ts";
import type { Readiness } from "./readiness.ts";

/** What Prometheus reads of a process. */
export interface Readings {
  readonly contentType: string;
  read(): Promise<string>;
}

/** A worker's own: the calls it made, and its process. What is due, `waypost web` tells. */
export function workerReadings(): Readings {
  const own = new Registry();
  collectDefaultMetrics({ register: own, prefix: "waypost_" });
  const read = async () => `${await own.metrics()}${await callMetrics.metrics()}`;
  return { contentType: own.contentType, read };
}

/**
 * A door for who watches, at METRICS_PORT: /metrics for Prometheus, /healthz (it lives) and /readyz (it can work) for an
 * orchestrator. It keeps no process alive that has nothing else to do.
 */
export async function openMetrics(
  host: string,
  port: number,
  readings: Readings,
  ready: () => Promise<Readiness>,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    void answer(request.url ?? "", readings, ready).then(
      ({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, "listening").catch((cause: unknown) => {
    throw new WaypostError(
      "WAYPOST_CONFIG",
      `METRICS_PORT: expected to listen on ${host}:${port}, got "${reasonOf(cause)}"; set it to a free one`,
      { cause },
    );
  });
  server.unref();
  const { port: taken } = server.address() as AddressInfo;
  return { url: `http://${host}:${taken}/metrics`, close: () => server.close() };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(
  path: string,
  readings: Readings,
  ready: () => Promise<Readiness>,
): Promise<Answer> {
  switch (path) {
    case "/metrics":
      return { status: 200, type: readings.contentType, body: await readings.read() };
    case "/healthz":
      return inJson(200, { ok: true });
    case "/readyz": {
      const found = await ready();
      return inJson(found.ok ? 200 : 503, found);
    }
    default:
      return inJson(404, { ok: false });
  }
}

function inJson(status: number, body: object): Answer {
  return { status, type: "application/json; charset=utf-8", body: JSON.stringify(body) };
}
