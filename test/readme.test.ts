import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readJourney } from "../src/journey/read-journey.ts";
import { Terminal } from "./cli/terminal.ts";

const readme = readFileSync("README.md", "utf8");
const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)];
const workflows = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text ?? "");

test("the journeys it shows are the files that are shipped", () => {
  expect(workflows).toEqual(
    ["first-purchase", "example"].map((name) => readFileSync(`workflows/${name}.yaml`, "utf8")),
  );
  for (const text of workflows) expect(readJourney(text, "README.md").mistakes).toEqual([]);
});

test.each(pages)("the links of %s lead somewhere", (page) => {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)];
  for (const [, path = ""] of links)
    expect([path, existsSync(join(dirname(page), path))]).toEqual([path, true]);
});

test("the commands that the pages name exist", async () => {
  const { out } = await new Terminal().waypost("--help");
  const all = pages.map((page) => readFileSync(page, "utf8")).join("");
  const named = all.matchAll(/^ *(?:npx )?waypost (?!COMMAND)([a-z-]+)/gm);
  for (const [, command] of named) expect(out).toMatch(new RegExp(`^ {2}${command} `, "m"));
});

test("the scripts it names exist", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object };
  for (const [, name = ""] of readme.matchAll(/npm run ([a-z]+)/g))
    expect(scripts).toHaveProperty(name);
});

test("the map has every folder of the code", () => {
  const map = readFileSync("docs/architecture.md", "utf8");
  const told = [...map.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, name]) => name);

  const folders = readdirSync("src", { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(new Set(told)).toEqual(new Set(folders.map(({ name }) => name)));
});

test("the files that the map points to exist", () => {
  const map = readFileSync("docs/architecture.md", "utf8");
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" });
  for (const [, path = ""] of map.matchAll(/`([a-z/-]+\.ts)`/g))
    expect([
      path,
      existsSync(path) || sources.some((source) => `/${source}`.endsWith(`/${path}`)),
    ]).toEqual([path, true]);
});
