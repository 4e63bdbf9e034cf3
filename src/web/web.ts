import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type ErrorRequestHandler, type Express } from "express";
import helmet from "helmet";
import { WaypostError, reasonOf } from "../errors.ts";
import { healthRoutes } from "./health-routes.ts";
import { ingestRoutes } from "./ingest-routes.ts";
import { reportRoutes } from "./report-routes.ts";
import type { Site } from "./site.ts";
import { trackingRoutes } from "./tracking-routes.ts";

export interface RunningWeb {
  /** Where it listens. */
  readonly url: string;
  /** Takes no more requests, finishes those in hand. */
  close(): Promise<void>;
}

/** The browser and HTTP door: tracking, provider reports, events in, health, and the dashboard. */
export function createApp(site: Site): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", "loopback, linklocal, uniquelocal");
  app.use(
    helmet({
      contentSecurityPolicy: { directives: contentPolicy },
      strictTransportSecurity: site.engine.config.url.startsWith("https:"),
    }),
  );
  app.use(healthRoutes(site), trackingRoutes(site), reportRoutes(site), ingestRoutes(site));
  app.use(explain(site));
  return app;
}

/** Nothing but our own files: no inline script, no inline style, no foreign host. */
const contentPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  frameSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'self'"],
  upgradeInsecureRequests: null,
};

export async function startWeb(
  site: Site,
  { host, port }: { host: string; port: number },
): Promise<RunningWeb> {
  const app = createApp(site);
  const server = await new Promise<Server>((listening, failed) => {
    const opened = app.listen(port, host, (error) =>
      error === undefined ? listening(opened) : failed(cannotListen(error, host, port)),
    );
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    async close() {
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

/** An error nobody foresaw is logged without the request's body and told without its cause. */
function explain({ engine }: Site): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const status = statusOf(thrown);
    if (status >= 500)
      engine.log.error(
        { path: request.path.split("/")[1], reason: reasonOf(thrown) },
        "a request failed",
      );
    response
      .status(status)
      .json({
        error:
          status >= 500 ? "something went wrong on our side; the log says what" : reasonOf(thrown),
      });
  };
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof WaypostError) return thrown.code === "WAYPOST_NOT_FOUND" ? 404 : 400;
  const status =
    typeof thrown === "object" && thrown !== null && "status" in thrown
      ? Number(thrown.status)
      : 500;
  return status >= 400 && status < 600 ? status : 500;
}
