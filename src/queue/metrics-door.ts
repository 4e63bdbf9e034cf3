import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry, collectDefaultMetrics } from "prom-client";
import { WaypostError, reasonOf } from "../errors.ts";
import { callMetrics } from "./call-metrics.ts";

/** A worker's own door for Prometheus: the calls it made, and its process. What is due, `waypost web` tells. */
export async function openMetrics(
  host: string,
  port: number,
): Promise<{ readonly url: string; close(): void }> {
  const own = new Registry();
  collectDefaultMetrics({ register: own, prefix: "waypost_" });
  const answer = async () => `${await own.metrics()}${await callMetrics.metrics()}`;
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end();
    void answer().then((text) =>
      response.writeHead(200, { "content-type": own.contentType }).end(text),
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
  const { port: taken } = server.address() as AddressInfo;
  return { url: `http://${host}:${taken}/metrics`, close: () => server.close() };
}
