import helmet from "helmet";
import type { RequestHandler } from "express";

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
};

/**
 * A rendered message in its frame: it may look as it likes, and do nothing. Scripts, forms and links are dead, and
 * pictures are not fetched, since a picture fetched is an open counted.
 */
export const messagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox";

/** Headers of every answer. The address of a page goes to ourselves alone: with no referrer at all, forms would come from "null". */
export function protect({ isHttps }: { isHttps: boolean }): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: contentPolicy },
    strictTransportSecurity: isHttps,
    // A message's frame shares our origin and is not kept apart from us by process; the browser would complain.
    originAgentCluster: false,
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "sameorigin" },
  });
}
