import type { Request, RequestHandler, Response } from "express";
import { hasSession } from "./login.ts";
import type { Site } from "./site.ts";

/** With https the name itself binds the cookie to this host and to https (RFC 6265bis, 4.1.3.2). */
function cookieName(request: Request): string {
  return request.secure ? "__Host-waypost" : "waypost";
}

/** The secret of the visitor's session, as the browser keeps it. */
export function sessionIn(request: Request): string | undefined {
  const wanted = cookieName(request);
  for (const pair of (request.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === wanted && value !== undefined && value !== "") return value;
  }
  return undefined;
}

export function keepSession(
  request: Request,
  response: Response,
  { secret, expiresAt }: { secret: string; expiresAt: Date },
): void {
  response.cookie(cookieName(request), secret, { ...attributes(request), expires: expiresAt });
}

export function dropSession(request: Request, response: Response): void {
  response.clearCookie(cookieName(request), attributes(request));
}

function attributes(request: Request) {
  return { httpOnly: true, sameSite: "lax", secure: request.secure, path: "/" } as const;
}

/** Strangers are shown how to come in. The stream of news tells its script so by its status. */
export function needsSession({ engine }: Site): RequestHandler {
  return async (request, response, next) => {
    const secret = sessionIn(request);
    if (secret !== undefined && (await hasSession(engine.database, secret))) return next();
    if (request.path === "/live") return void response.status(401).end();
    response.redirect(303, "/login");
  };
}
