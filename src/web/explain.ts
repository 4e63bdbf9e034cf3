import type { ErrorRequestHandler, Request, RequestHandler } from "express";
import { shownReason } from "../database/shown-reason.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import type { PageWriter } from "./page.ts";
import type { Site } from "./site.ts";

const titles: Readonly<Record<number, string>> = {
  403: "This is not allowed",
  404: "There is nothing here",
  413: "That is too large",
};

/** An error nobody foresaw is logged without the request's body and told without its cause: to programs as JSON, to people as a page. */
export function explain({ engine }: Site, pages: PageWriter): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const status = statusOf(thrown);
    if (status >= 500)
      engine.log.error(
        { path: request.path.split("/")[1], reason: shownReason(thrown) },
        "a request failed",
      );
    const error =
      status >= 500 ? "something went wrong on our side; the log says what" : reasonOf(thrown);
    response.status(status);
    if (!wantsPage(request)) return void response.json({ error });
    const title =
      titles[status] ?? (status >= 500 ? "Something went wrong" : "This did not work out");
    pages.showPlain(response, { view: "error", title, model: { title, error, status } });
  };
}

/** Whatever no route has taken. */
export const nothingHere: RequestHandler = (request, _, next) => {
  next(
    new WaypostError(
      "WAYPOST_NOT_FOUND",
      wantsPage(request)
        ? "Nothing is kept under this address. It may have been removed since the link was made."
        : `${request.method} ${request.path}: no such address`,
    ),
  );
};

function wantsPage(request: Request): boolean {
  return !/^\/(v1|r)\//.test(request.path) && request.accepts(["json", "html"]) === "html";
}

function statusOf(thrown: unknown): number {
  const status =
    typeof thrown === "object" && thrown !== null && "status" in thrown
      ? Number(thrown.status)
      : Number.NaN;
  if (status >= 400 && status < 600) return status;
  if (!(thrown instanceof WaypostError)) return 500;
  return thrown.code === "WAYPOST_NOT_FOUND" ? 404 : thrown.code === "WAYPOST_REQUEST" ? 400 : 500;
}
