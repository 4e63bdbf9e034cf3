import express, { type Request, type Response, Router } from "express";
import { recordClick } from "../tracking/clicks.ts";
import { recordOpen } from "../tracking/opens.ts";
import type { Visit } from "../tracking/machine.ts";
import { unsubscribe } from "../tracking/unsubscribe.ts";
import type { Site } from "./site.ts";

/** A transparent image of one pixel (GIF89a). */
const pixel = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/**
 * What customers' mail programs and browsers call: links, the open pixel and the mail program's own unsubscribe button.
 * No cookies, no login: the token in the address is all there is. GET never leaves: scanners follow every link.
 */
export function trackingRoutes({ engine, tokens }: Site): Router {
  const { database, clock } = engine;
  const routes = Router();
  routes.get("/c/:token", async (request, response) => {
    const visit = visitOf(request);
    const found = await recordClick(database, tokens, {
      ...visit,
      token: request.params.token,
      now: clock.now(),
    });
    if (found === undefined) return void notFound(response);
    response
      .set("Cache-Control", "no-store")
      .set("Referrer-Policy", "no-referrer")
      .redirect(302, found.redirectTo);
  });
  routes.get("/o/:token", async (request, response) => {
    const { token } = request.params;
    await recordOpen(database, tokens, { ...visitOf(request), token, now: clock.now() });
    response
      // Web mail shows it on pages of its own.
      .set("Cross-Origin-Resource-Policy", "cross-origin")
      .set("Cache-Control", "no-store, private")
      .type("gif")
      .send(pixel);
  });
  routes.post("/u/:token", anyForm, async (request, response, next) => {
    if (!isOneClick(request)) return void next();
    const { token } = request.params;
    const left = await unsubscribe(database, tokens, {
      token,
      method: "one_click",
      ip: request.ip ?? null,
      now: clock.now(),
    });
    if (left === undefined) return void notFound(response);
    response.type("text").send("You are unsubscribed.\n");
  });
  return routes;
}

/** Mail programs post multipart (RFC 8058 section 3.2: SHOULD) or urlencoded; either is small. */
const anyForm = express.raw({ type: () => true, limit: "16kb" });

/** `List-Unsubscribe=One-Click` in whichever form encoding. */
function isOneClick(request: Request): boolean {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) && /List-Unsubscribe(=|"\s+)One-Click/.test(body.toString("latin1"));
}

function visitOf(request: Request): Visit {
  return { method: request.method, userAgent: request.get("user-agent") ?? null };
}

function notFound(response: Response): void {
  response
    .status(404)
    .type("text")
    .send("This link is not one of ours, or it is broken. Please use the link in your message.\n");
}
