import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { aDatabase } from "../support/database.ts";
import { aDoor } from "../web/door.ts";

const database = await aDatabase();
const door = await aDoor(database);
afterAll(() => door.close());

const text = readFileSync("deploy/Caddyfile", "utf8");
const [, paths = ""] = /@public path (.*)/.exec(text) ?? [];
const isPublic = (path: string) =>
  paths
    .split(" ")
    .some((one) => (one.endsWith("*") ? path.startsWith(one.slice(0, -1)) : path === one));

test("the example of a proxy lets through what a page of preferences asks for, and what is documented", async () => {
  const html = await (await door.get("/p/unknown")).text();
  const asked = [...html.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, path]) => path ?? "");
  expect(asked.some((path) => path.endsWith(".css"))).toBe(true);
  for (const path of asked.filter((one) => one !== "/")) expect(isPublic(path), path).toBe(true);
  const docs = readFileSync("docs/operating.md", "utf8");
  for (const path of paths.split(" ")) expect(docs).toContain(path.replace("*", ""));
});

test("and nothing that tells of the shop", () => {
  for (const path of ["/", "/login", "/metrics", "/healthz", "/readyz", "/customers/1", "/live"])
    expect(isPublic(path), path).toBe(false);
});
