import type { Request, RequestHandler } from "express";
import { WaypostError } from "../errors.ts";

/**
 * Refuses a change that another site asked for. Browsers say where a form comes from: by Sec-Fetch-Site (on https and
 * localhost), else by Origin. What says neither is no browser of this decade, and the programs have the API.
 */
export const needsSameOrigin: RequestHandler = (request, _, next) => {
  if (request.method === "GET" || request.method === "HEAD" || isSameOrigin(request)) return next();
  next(new ForeignFormError());
};

function isSameOrigin(request: Request): boolean {
  const site = request.get("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = URL.parse(request.get("origin") ?? "");
  return origin !== null && origin.host === request.host;
}

/** Answered with 403. */
class ForeignFormError extends WaypostError {
  readonly status = 403;
  constructor() {
    super(
      "WAYPOST_REQUEST",
      "expected a form of this dashboard, got one of another site; nothing was changed. Open the page here and press the button again",
    );
  }
}
