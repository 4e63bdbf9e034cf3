import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express } from "express";
import { WaypostError, reasonOf } from "../errors.ts";
import { type Readings, openMetrics } from "../queue/metrics-door.ts";
import { readiness } from "../queue/readiness.ts";
import { assetRoutes } from "./asset-routes.ts";
import { protect } from "./content-policy.ts";
import { dashboardRoutes } from "./dashboard-routes.ts";
import { explain, nothingHere } from "./explain.ts";
import { type Figures, countAhead, createFigures } from "./figures.ts";
import { healthRoutes } from "./health-routes.ts";
import { ingestRoutes } from "./ingest-routes.ts";
import { leavingRoutes } from "./leaving-routes.ts";
import { Live } from "./live.ts";
import { loginRoutes } from "./login-routes.ts";
import { Metrics } from "./metrics.ts";
import { PageWriter } from "./page.ts";
import { reportRoutes } from "./report-routes.ts";
import { needsSameOrigin } from "./same-origin.ts";
import { needsSession } from "./session.ts";
import type { Site } from "./site.ts";
import { trackingRoutes } from "./tracking-routes.ts";

export interface RunningWeb {
  /** Where it listens. */
  readonly url: string;
  /** Where Prometheus reads it, and nowhere else. */
  readonly metricsUrl?: string;
  /** Takes no more requests, finishes those in hand. */
  close(): Promise<void>;
}

/** The browser and HTTP door: tracking, provider reports, events in, health, and the dashboard. */
function createApp(site: Site, figures: Figures, live: Live, metrics: Readings | null): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", "loopback, linklocal, uniquelocal");
  app.set("query parser", "simple");
  app.use(protect({ isHttps: site.engine.config.url.startsWith("https:") }));
  app.use(
    healthRoutes(site, metrics),
    trackingRoutes(site),
    reportRoutes(site),
    ingestRoutes(site),
  );
  const pages = new PageWriter(site.engine.config);
  app.use(assetRoutes(), leavingRoutes(site, pages), loginRoutes(site, pages));
  app.use(needsSession(site), needsSameOrigin, dashboardRoutes(site, figures, pages, live));
  app.use(nothingHere, explain(site, pages));
  return app;
}

export async function startWeb(
  site: Site,
  { host, port, metricsPort }: { host: string; port: number; metricsPort?: number | undefined },
): Promise<RunningWeb> {
  const metrics = new Metrics(site);
  const ready = () => readiness(site.engine.database);
  const door =
    metricsPort === undefined ? null : await openMetrics(host, metricsPort, metrics, ready);
  const figures = createFigures(site.engine);
  const live = new Live(figures, site.engine.database, site.engine.log);
  const app = createApp(site, figures, live, door === null ? metrics : null);
  const server = await new Promise<Server>((listening, failed) => {
    const opened = app.listen(port, host, (error) =>
      error === undefined ? listening(opened) : failed(cannotListen(error, host, port)),
    );
  }).catch((thrown: unknown) => {
    door?.close();
    live.close();
    throw thrown;
  });
  countAhead(figures, site.engine);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    ...(door !== null && { metricsUrl: door.url }),
    async close() {
      door?.close();
      live.close();
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 5000).unref();
      await closed;
    },
  };
}

function cannotListen(cause: Error, host: string, port: number): WaypostError {
  return new WaypostError(
    "WAYPOST_CONFIG",
    `PORT: expected to listen on ${host}:${port}, got "${reasonOf(cause)}"; set PORT to a free one, or stop what listens there`,
    { cause },
  );
}
