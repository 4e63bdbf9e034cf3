import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "waypost-bin-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A package like ours, with a door that tells what reaches it.
const CLI = `
const say = (word) => process.stdout.write(word + "\\n");
export async function run(args) {
  if (args[0] === "exit") process.exit(Number(args[1]));
  if (args[0] === "throw") throw new Error("broken");
  if (args[0] === "die") process.kill(process.pid, "SIGKILL");
  if (args[0] === "tell") return say(JSON.stringify([process.versions.node.split(".")[0], args]));
  let interrupts = 0;
  process.on("SIGINT", () => say("interrupt " + (interrupts += 1)));
  process.on("SIGTERM", () => process.exit(interrupts));
  say("ready " + process.pid);
  setInterval(() => {}, 1000);
}`;
for (const [name, text] of Object.entries({
  "src/main.ts": `${CLI}\nconst typed: number = 1; void typed;`,
  "old.cjs": 'Object.defineProperty(process, "version", { value: "v20.20.2" });',
  "package.json": '{ "type": "module" }',
})) {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}
cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
mkdirSync(join(folder, "node_modules"));
symlinkSync(join(root, "node_modules/node"), join(folder, "node_modules/node"));

/** Runs the shim as a Node that is new enough (by itself), or as one that takes itself for an older one. */
function waypost(node: "new" | "old", ...args: string[]): ChildProcess & { text: () => string } {
  const before = node === "old" ? ["-r", join(folder, "old.cjs")] : [];
  const child = spawn(process.execPath, [...before, join(folder, "bin/waypost.cjs"), ...args]);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return Object.assign(child, { text: () => text });
}

test.each(["new", "old"] as const)(
  "on a Node that is %s the arguments arrive as they were given",
  async (node) => {
    const child = waypost(node, "tell", "a b", "--json", "");
    await once(child, "close");
    expect(child.text()).toBe(`["24",["tell","a b","--json",""]]\n`);
  },
);

test.each(["new", "old"] as const)(
  "on a Node that is %s the exit code comes back",
  async (node) => {
    expect(await once(waypost(node, "exit", "3"), "exit")).toEqual([3, null]);
    expect(await once(waypost(node, "throw"), "exit")).toEqual([1, null]);
    expect(await once(waypost(node, "die"), "exit")).toEqual([null, "SIGKILL"]);
  },
);

test.each(["new", "old"] as const)("on a Node that is %s a signal arrives once", async (node) => {
  const child = waypost(node, "wait");
  await expect.poll(child.text).toContain("ready");
  child.kill("SIGINT");
  await expect.poll(child.text).toContain("interrupt 1");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([1, null]);
});

test("a parent that was killed takes the Node it handed over to along", async () => {
  const child = waypost("old", "wait");
  await expect.poll(child.text).toMatch(/ready \d+/);
  const carried = Number(/ready (\d+)/.exec(child.text())?.[1]);
  expect(carried).not.toBe(child.pid);
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect.poll(() => isRunning(carried), { timeout: 5000 }).toBe(false);
});

test("without a Node to hand over to, the error says what to install", async () => {
  rmSync(join(folder, "node_modules/node"));
  const child = waypost("old", "tell");
  expect(await once(child, "close")).toEqual([1, null]);
  expect(child.text()).toMatch(
    /expected Node 24\.16 or newer, found v20\.20\.2 at .*npm install node@24/,
  );
});

/** A zombie that nobody reaps is not running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z/.test(readFileSync(stat, "utf8"));
  } catch {
    return false;
  }
}
