import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import express, { Router } from "express";

const folder = fileURLToPath(new URL("./assets/", import.meta.url));
const files = ["waypost.css", "waypost.js"] as const;

/** Changes with the files, so that their addresses do: a browser may then keep them for good. */
export const assetVersion = files
  .reduce((hash, file) => hash.update(readFileSync(folder + file)), createHash("sha256"))
  .digest("base64url")
  .slice(0, 10);

export function assetRoutes(): Router {
  const routes = Router();
  routes.use(
    `/assets/${assetVersion}`,
    express.static(folder, { immutable: true, maxAge: "365d", index: false, redirect: false }),
  );
  routes.get("/favicon.ico", (_, response) =>
    response.set("Cache-Control", "max-age=86400").sendFile(`${folder}mark.svg`),
  );
  routes.get("/robots.txt", (_, response) => {
    response.type("text").send("User-agent: *\nDisallow: /\n");
  });
  return routes;
}
