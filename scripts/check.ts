/**
 * `npm run check`: everything that CI runs, as a list. `npm run check -- types lint` runs some of it. What a check
 * prints is shown when it fails.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";

interface Check {
  readonly name: string;
  /** A program of node_modules/.bin, or our Node, with its arguments. */
  readonly command: readonly [string, ...string[]];
}

const CHECKS: readonly Check[] = [
  { name: "types", command: ["tsc"] },
  { name: "lint", command: ["oxlint", "--deny-warnings"] },
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "dead-code", command: ["knip"] },
  { name: "architecture", command: ["node", "scripts/architecture-check.ts"] },
  { name: "tests", command: ["vitest", "run"] },
];

// The Node and the tools of this checkout come first, whatever the machine has.
const tools = fileURLToPath(new URL("../node_modules/.bin", import.meta.url));
const env = { ...process.env, PATH: [tools, process.env["PATH"]].join(delimiter) };

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  say(
    `check: expected some of ${CHECKS.map(({ name }) => name).join(", ")}, got ${unknown.join(", ")}`,
  );
  process.exit(2);
}
const checks = CHECKS.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
let failures = 0;
for (const check of checks) if (!(await passes(check))) failures += 1;
say(
  failures === 0
    ? `${checks.length} checks passed`
    : `${failures} of ${checks.length} checks failed`,
);
process.exitCode = failures === 0 ? 0 : 1;

async function passes({ name, command: [program, ...args] }: Check): Promise<boolean> {
  const start = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`  … ${name}\r`);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const mark = code === 0 ? styleText("green", "✓") : styleText("red", "✗");
  say(`  ${mark} ${name.padEnd(14)}${seconds.padStart(6)} s`);
  if (code !== 0) say(output.trimEnd());
  return code === 0;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
