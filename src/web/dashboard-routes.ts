import { type Request, type Response, Router } from "express";
import { sharedRun } from "../queue/shared-run.ts";
import { actionRoutes } from "./action-routes.ts";
import { channelsPage } from "./channels-page.ts";
import { messagePolicy } from "./content-policy.ts";
import { customerPage } from "./customer-page.ts";
import { customersPage } from "./customers-page.ts";
import { journeyPage } from "./journey-page.ts";
import type { Live } from "./live.ts";
import { getMessage, messagePage } from "./message-page.ts";
import { messagesPage } from "./messages-page.ts";
import { overviewPage } from "./overview-page.ts";
import type { Page, PageWriter } from "./page.ts";
import { segmentPage, segmentsPage } from "./segment-pages.ts";
import { quietHtml, shownMessage } from "./shown-message.ts";
import type { Site } from "./site.ts";
import { tasksPage } from "./task-page.ts";
import { taskRoutes } from "./task-routes.ts";
import { vouchersPage } from "./vouchers-page.ts";
import { whyPage } from "./why-page.ts";

/** The screens of those who are in. Every one is whole without a script. */
export function dashboardRoutes(site: Site, pages: PageWriter, live: Live): Router {
  const routes = Router();
  // When numbers change, every page that is open asks at once.
  const overview = sharedRun(() => overviewPage(site));
  const show =
    (make: (request: Request<Record<string, string>>) => Promise<Page>) =>
    async (request: Request<Record<string, string>>, response: Response) =>
      pages.show(request, response, await make(request), site.engine.clock.now());
  const name = (request: Request<Record<string, string>>) => request.params["name"] ?? "";
  const id = (request: Request<Record<string, string>>) => request.params["id"] ?? "";

  routes.get(
    "/",
    show(() => overview()),
  );
  routes.get("/journeys", (_, response) => response.redirect(303, "/"));
  routes.get(
    "/journeys/:name",
    show((request) => journeyPage(site, name(request))),
  );
  routes.get(
    "/messages",
    show(({ query }) => messagesPage(site, query)),
  );
  routes.get(
    "/messages/:id",
    show((request) => messagePage(site, id(request))),
  );
  routes.get("/messages/:id/html", (request, response) => sendHtml(site, request, response));
  routes.get(
    "/customers",
    show(({ query }) => customersPage(site, query)),
  );
  routes.get(
    "/customers/:id",
    show((request) => customerPage(site, id(request), request.query)),
  );
  routes.get(
    "/customers/:id/why",
    show((request) => whyPage(site, id(request), request.query)),
  );
  routes.get(
    "/segments",
    show(() => segmentsPage(site)),
  );
  routes.get(
    "/segments/:name",
    show((request) => segmentPage(site, name(request), request.query)),
  );
  routes.get(
    "/tasks",
    show(({ query }) => tasksPage(site, query)),
  );
  routes.get(
    "/vouchers",
    show(() => vouchersPage(site)),
  );
  routes.get(
    "/channels",
    show(() => channelsPage(site)),
  );
  routes.get("/live", (_, response) => live.listen(response));
  routes.use(actionRoutes(site), taskRoutes(site));
  return routes;
}

/** The message alone, for its frame. */
async function sendHtml(site: Site, request: Request<{ id: string }>, response: Response) {
  const message = await getMessage(site, request.params.id);
  const { html } = await shownMessage(site, message);
  response
    .set({ "Content-Security-Policy": messagePolicy, "Cache-Control": "no-store" })
    .type("html")
    .send(quietHtml(html ?? ""));
}
