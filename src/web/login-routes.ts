import express, { Router } from "express";
import { closeSession, openSession } from "./login.ts";
import type { PageWriter } from "./page.ts";
import { needsSameOrigin } from "./same-origin.ts";
import { dropSession, keepSession, sessionIn } from "./session.ts";
import type { Site } from "./site.ts";
import { Throttle } from "./throttle.ts";

const triesAMinute = 10;

/**
 * In by the link that `waypost login` prints, out by a button. Opening the link spends nothing: mail scanners and
 * browsers that fetch ahead open links too. The button on the page does.
 */
export function loginRoutes({ engine }: Site, pages: PageWriter): Router {
  const routes = Router();
  const throttle = new Throttle(triesAMinute);
  const form = express.urlencoded({ extended: false, limit: "4kb" });
  routes.get("/login", (request, response) => {
    const { token } = request.query;
    const given = typeof token === "string" && token !== "" ? token : null;
    pages.showPlain(response, login({ token: given, problem: null }));
  });
  routes.post("/login", needsSameOrigin, form, async (request, response) => {
    if (!throttle.allows(request.ip ?? "")) {
      response.status(429).set("Retry-After", "60");
      return pages.showPlain(response, login({ token: null, problem: "often" }));
    }
    const { token } = request.body as Record<string, unknown>;
    const session = await openSession(engine.database, typeof token === "string" ? token : "");
    if (session === undefined) {
      response.status(403);
      return pages.showPlain(response, login({ token: null, problem: "spent" }));
    }
    keepSession(request, response, session);
    response.redirect(303, "/");
  });
  routes.post("/logout", needsSameOrigin, async (request, response) => {
    const secret = sessionIn(request);
    if (secret !== undefined) await closeSession(engine.database, secret);
    dropSession(request, response);
    response.redirect(303, "/login");
  });
  return routes;
}

function login(model: { token: string | null; problem: "often" | "spent" | null }) {
  const { problem } = model;
  const told = { isSpent: problem === "spent", isOften: problem === "often" };
  return { view: "login", title: "Log in", model: { token: model.token, ...told } };
}
