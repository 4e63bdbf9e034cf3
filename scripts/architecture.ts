import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** One file of `src/`: its path below `src/`, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/**
 * Folders in the order of the arrows: a folder may import those of earlier rows. Within a row only the pairs of
 * `BESIDE` may. A new folder needs a word of the domain first (docs/architecture.md), then a place here.
 */
const ROWS: readonly (readonly string[])[] = [
  ["."],
  ["database", "journey", "template", "channel"],
  ["customer", "audience"],
  ["insight", "message", "tracking"],
  ["enrollment"],
  ["plan"],
  ["queue"],
  ["rehearsal"],
  ["cli", "web", "demo"],
  ["main.ts"],
];

/** Which folders of one row may import which other. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  audience: ["customer"],
  message: ["tracking"],
  insight: ["message", "tracking"],
  cli: ["web", "demo"],
};

/** Pure folders: what they import of ours is each other's nothing, and no database either. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  journey: ["kysely", "pg"],
  template: ["kysely", "pg"],
  channel: ["kysely", "pg"],
};

/** One library, one home: the folders, or files, that may import it. A new library needs a home here. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  "@faker-js/faker": ["demo", "cli"],
  "@sendgrid/helpers": ["channel/sendgrid.ts"],
  bullmq: ["queue"],
  "cli-progress": ["cli"],
  commander: ["cli"],
  croner: ["journey", "enrollment", "plan", "queue", "rehearsal"],
  express: ["web"],
  handlebars: ["template", "web"],
  helmet: ["web"],
  "html-to-text": ["template"],
  ioredis: ["queue"],
  isbot: ["tracking"],
  juice: ["template"],
  kysely: [
    "database",
    "customer",
    "audience",
    "insight",
    "message",
    "tracking",
    "enrollment",
    "plan",
    "queue",
    "rehearsal",
    "cli",
    "web",
    "demo",
  ],
  "libphonenumber-js": ["customer", "channel"],
  "lru-cache": ["channel", "enrollment", "template", "tracking", "web"],
  "mjml-browser": ["template"],
  nodemailer: ["channel/smtp.ts"],
  pg: ["database", "customer", "queue"],
  "pg-copy-streams": ["database", "customer"],
  pino: ["log.ts"],
  "prom-client": ["web", "queue"],
  saxes: ["journey"],
  twilio: ["channel/twilio.ts", "channel/twilio-reports.ts"],
  undici: ["channel"],
  yaml: ["yaml-file.ts", "journey", "template", "customer"],
  zod: ["."],
};

const LONGEST_FILE = 400;
/** Written by a script, not read from top to bottom. */
const GENERATED = new Set(["database/tables.ts"]);

export function readSources(folder: string): readonly Source[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

/** Every breach of the rules above, as `src/file.ts: what is expected, what is found`. */
export function findBreaches(sources: readonly Source[]): readonly string[] {
  return [...sources.flatMap(breachesOf), ...findCycles(sources)];
}

function breachesOf({ path, text }: Source): readonly string[] {
  const breaches = importsOf(text).map((name) =>
    name.startsWith(".") ? arrowBreach(path, join(dirname(path), name)) : libraryBreach(path, name),
  );
  if (rowOf(path) === -1) breaches.push(`${folderOf(path)}/ has no place in the order of folders`);
  if (path !== "config.ts" && /\bprocess\.env\b/.test(text))
    breaches.push("only config.ts reads process.env");
  const lines = text.split("\n").length - 1;
  if (lines > LONGEST_FILE && !GENERATED.has(path)) {
    breaches.push(`expected at most ${LONGEST_FILE} lines, found ${lines}`);
  }
  if (/^export \* from/m.test(text))
    breaches.push("re-exports a whole module: import from where a thing is defined");
  return breaches
    .filter((breach) => breach !== undefined)
    .map((breach) => `src/${path}: ${breach}`);
}

function arrowBreach(from: string, to: string): string | undefined {
  const [folder, other] = [folderOf(from), folderOf(to)];
  if (folder === other || rowOf(to) < rowOf(from)) return undefined;
  if (rowOf(to) === rowOf(from) && BESIDE[folder]?.includes(other) === true) return undefined;
  return `imports src/${to}, against the arrows: ${ROWS.slice(1)
    .map((row) => row.join(", "))
    .join(" -> ")}`;
}

function libraryBreach(path: string, name: string): string | undefined {
  if (name.startsWith("node:")) return undefined;
  const library = name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
  if (NEVER[folderOf(path)]?.includes(library) === true)
    return `${folderOf(path)}/ must not know ${library}`;
  const homes = HOMES[library];
  if (homes === undefined)
    return `imports ${library}, which has no home yet in scripts/architecture.ts`;
  if (homes.includes(".") || homes.includes(path) || homes.includes(folderOf(path)))
    return undefined;
  return `imports ${library}, whose home is ${homes.join(", ")}`;
}

/** Of static and dynamic imports alike; types count, since they tie files together as well. */
export function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm,
  );
  return [...statements].map(([, name, dynamic]) => name ?? dynamic ?? "");
}

function folderOf(path: string): string {
  const [first = "", rest] = path.split("/", 2);
  return rest === undefined && first !== "main.ts" ? "." : first;
}

function rowOf(path: string): number {
  return ROWS.findIndex((row) => row.includes(folderOf(path)));
}

/** Follows the imports depth first; an import of a file that is still being followed closes a circle. */
function findCycles(sources: readonly Source[]): readonly string[] {
  const graph = new Map(
    sources.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter((name) => name.startsWith("."))
        .map((name) => join(dirname(path), name)),
    ]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const follow = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      cycles.push(`src/: import cycle ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
    } else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) follow(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) follow(path, []);
  return cycles;
}
