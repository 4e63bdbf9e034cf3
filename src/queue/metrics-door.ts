import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry, collectDefaultMetrics } from "prom-client";
import { WaypostError, reasonOf } from "../errors.ts";
import { callMetrics } from "./call-metrics.ts";

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

/** A door for Prometheus alone, at METRICS_PORT. It keeps no process alive that has nothing else to do. */
export async function openMetrics(
  host: string,
  port: number,
  readings: Readings,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end();
    void readings.read().then(
      (text) => response.writeHead(200, { "content-type": readings.contentType }).end(text),
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
