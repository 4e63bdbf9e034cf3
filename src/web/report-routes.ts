import express, { Router } from "express";
import { faultPoint } from "../fault.ts";
import { receiveReports } from "../tracking/report-inbox.ts";
import type { Site } from "./site.ts";

/** More than SendGrid's largest batch (768 KB). */
const largestReport = "2mb";

/**
 * Where providers report what became of messages: verified over the exact bytes, committed to the inbox, and only then
 * acknowledged. They are applied right after, by a worker.
 */
export function reportRoutes({ engine, wake }: Site): Router {
  const { database, clock, config, log, deliveries } = engine;
  const routes = Router();
  const exactBytes = express.raw({ type: () => true, limit: largestReport });
  routes.post(["/r/:provider", "/r/:provider/:token"], exactBytes, async (request, response) => {
    const name = String(request.params["provider"]);
    // By its own name, or as the config names it: a plugin may be a path there.
    const delivery = [...deliveries.values()].find((one) =>
      [one.provider, config.channels[one.channel]?.provider].includes(name),
    );
    if (delivery?.carrier.readReports === undefined)
      return void response.status(404).type("text").send("no such provider\n");
    const body: unknown = request.body;
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([key, value]) =>
        typeof value === "string" ? [[key, value]] : [],
      ),
    );
    const { provider } = delivery;
    const read = delivery.carrier.readReports({
      headers,
      body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      url: config.url + request.originalUrl,
      receivedAt: clock.now(),
    });
    if (read.kind === "forged") {
      log.warn(
        { provider, reason: read.detail },
        "a report was refused: its signature is not the provider's",
      );
      return void response.status(403).type("text").send("the signature does not fit\n");
    }
    // By the name that its messages have, whatever it is called in the URL: a receipt finds its message only so.
    await receiveReports(database, provider, read, clock.now());
    await faultPoint("after-inbox");
    await wake
      .engine("apply-reports")
      .catch(() => log.warn("the queue could not be reached; the sweeper applies the report"));
    response
      .status(200)
      .type(provider === "twilio" ? "text/xml" : "text/plain")
      .send(provider === "twilio" ? "<Response/>" : "");
  });
  return routes;
}
