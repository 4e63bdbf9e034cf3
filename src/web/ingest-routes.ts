import express, { type RequestHandler, Router } from "express";
import { ingestBatch } from "../customer/ingest.ts";
import { findApiKey } from "./api-key.ts";
import { enterRoute } from "./enter-route.ts";
import type { Site } from "./site.ts";

const largestBatch = "4mb";

/**
 * Events and customers by HTTP, in the shape of the Segment specification: /v1/track, /v1/identify and /v1/batch, with
 * an API key (`Authorization: Bearer KEY`, or Basic with the key as the user, as Segment's own clients send it).
 * Sending the same messageId again changes nothing. A bad item of a batch is reported by its index; the good are kept.
 * And customers into journeys that start by request (enter-route.ts).
 */
export function ingestRoutes(site: Site): Router {
  const routes = Router();
  const json = express.json({ limit: largestBatch });
  routes.use("/v1", needsKey(site));
  for (const type of ["track", "identify"] as const) {
    routes.post(`/v1/${type}`, json, async (request, response) => {
      const result = await ingest(site, [{ ...asObject(request.body), type }]);
      response.status(result.errors.length > 0 ? 400 : 200).json(result);
    });
  }
  routes.post("/v1/batch", json, async (request, response) => {
    const { batch } = asObject(request.body);
    if (!Array.isArray(batch))
      return void response
        .status(400)
        .json({ error: 'expected a JSON object with "batch": a list of messages' });
    const result = await ingest(site, batch);
    response
      .status(
        result.errors.length > 0 && result.accepted === 0 && result.duplicates === 0 ? 400 : 200,
      )
      .json(result);
  });
  routes.post("/v1/journeys/:name/enter", json, enterRoute(site));
  routes.use("/v1", (request, response) => {
    const error = `expected POST /v1/track, /v1/identify, /v1/batch or /v1/journeys/NAME/enter, got ${request.method} ${request.originalUrl.slice(0, 200)}`;
    response.status(404).json({ error });
  });
  return routes;
}

async function ingest({ engine, wake }: Site, messages: readonly unknown[]) {
  const { country, zone, currency } = engine.config;
  const { heard, ...result } = await ingestBatch(engine.database, messages, {
    now: engine.clock.now(),
    country,
    zone,
    currency,
    secrets: engine.secrets,
  });
  if (heard)
    await wake
      .engine("react")
      .catch(() =>
        engine.log.warn("the queue could not be reached; the sweeper reacts to the event"),
      );
  return result;
}

function needsKey({ engine }: Site): RequestHandler {
  return async (request, response, next) => {
    const key = keyIn(request.get("authorization") ?? "");
    if (key !== undefined && (await findApiKey(engine.database, key)) !== undefined) return next();
    response.status(401).set("WWW-Authenticate", "Bearer").json({
      error: "expected an API key: Authorization: Bearer KEY; `waypost key create NAME` makes one",
    });
  };
}

function keyIn(header: string): string | undefined {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+)$/.exec(header.trim()) ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() === "basic")
    return Buffer.from(value, "base64").toString().split(":")[0];
  return undefined;
}

function asObject(body: unknown): Record<string, unknown> {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : {};
}
