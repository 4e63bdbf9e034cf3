import { Router } from "express";
import type { Readings } from "../queue/metrics-door.ts";
import { readiness } from "../queue/readiness.ts";
import type { Site } from "./site.ts";

/**
 * For whoever watches: /healthz says the process lives, /readyz that it can work, /metrics speaks Prometheus, where that
 * has no door of its own.
 */
export function healthRoutes(site: Site, metrics: Readings | null): Router {
  const routes = Router();
  routes.get("/healthz", (_, response) => void response.json({ ok: true }));
  routes.get("/readyz", async (_, response) => {
    const ready = await readiness(site.engine.database);
    response.status(ready.ok ? 200 : 503).json(ready);
  });
  if (metrics !== null)
    routes.get("/metrics", async (_, response) => {
      response.type(metrics.contentType).send(await metrics.read());
    });
  return routes;
}
