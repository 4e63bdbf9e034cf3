import { type Request, type Response, Router } from "express";
import { sharedRun } from "../queue/shared-run.ts";
import { actionRoutes } from "./action-routes.ts";
import { channelsPage } from "./channels-page.ts";
import { messagePolicy } from "./content-policy.ts";
import { customerPage } from "./customer-page.ts";
import { customersPage } from "./customers-page.ts";
import type { Figures } from "./figures.ts";
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

type PageOf = (request: Request<Record<string, string>>) => Promise<Page>;

/** The screens of those who are in. Every one is whole without a script. */
export function dashboardRoutes(
  site: Site,
  figures: Figures,
  pages: PageWriter,
  live: Live,
): Router {
  const routes = Router();
  for (const [path, pageOf] of Object.entries(pagesOf(site, figures)))
    routes.get(path, async (request: Parameters<PageOf>[0], response: Response) =>
      pages.show(request, response, await pageOf(request), site.engine.clock.now()),
    );
  routes.get("/journeys", (_, response) => response.redirect(303, "/"));
  routes.get("/messages/:id/html", (request, response) => sendHtml(site, request, response));
  routes.get("/live", (_, response) => live.listen(response));
  routes.use(actionRoutes(site), taskRoutes(site));
  return routes;
}

function pagesOf(site: Site, figures: Figures): Readonly<Record<string, PageOf>> {
  // When numbers change, every page that is open asks at once.
  const overview = sharedRun(() => overviewPage(site, figures));
  return {
    "/": () => overview(),
    "/journeys/:name": ({ params }) => journeyPage(site, figures, params["name"] ?? ""),
    "/messages": ({ query }) => messagesPage(site, query),
    "/messages/:id": ({ params }) => messagePage(site, params["id"] ?? ""),
    "/customers": ({ query }) => customersPage(site, query),
    "/customers/:id": ({ params, query }) => customerPage(site, params["id"] ?? "", query),
    "/customers/:id/why": ({ params, query }) => whyPage(site, params["id"] ?? "", query),
    "/segments": () => segmentsPage(site),
    "/segments/:name": ({ params, query }) => segmentPage(site, params["name"] ?? "", query),
    "/tasks": ({ query }) => tasksPage(site, query),
    "/vouchers": () => vouchersPage(site),
    "/channels": () => channelsPage(site, figures),
  };
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
