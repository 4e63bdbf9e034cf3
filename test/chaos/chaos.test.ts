import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const chaos = fileURLToPath(new URL("../../chaos/chaos.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "chaos-test-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(...options: readonly string[]) {
  const child = spawn(process.execPath, [chaos, ...options], {
    env: { ...process.env, TMPDIR: folder },
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, said }));
  return { child, ended, said: () => said };
}

const leftovers = async () =>
  (await readdir(folder)).filter((name) => name.startsWith("waypost-chaos"));

test(
  "a scenario is played to its rest, and nothing is left behind",
  { timeout: 120_000 },
  async () => {
    const json = join(folder, "results.json");
    const only = ["--only", "reports-early", "--backend", "postgres", "--customers", "100"];
    const { code, said } = await start(...only, "--markdown", "--json", json).ended;
    expect(said).toContain("1 scenarios, 0 failed: 0 lost, 0 doubled");
    expect(said).toContain("| reports-early | G23 | postgres |");
    expect(code).toBe(0);
    const { results } = JSON.parse(await readFile(json, "utf8")) as { results: object[] };
    expect(results).toMatchObject([{ scenario: "reports-early", lost: 0, doubled: 0, faults: [] }]);
    expect(await leftovers()).toEqual([]);
  },
);

test("one that is broken off leaves nothing behind either", { timeout: 120_000 }, async () => {
  const { child, ended, said } = start("--only", "kills", "--backend", "postgres");
  while (!said().includes("requests")) await new Promise((done) => setTimeout(done, 50));
  child.kill("SIGINT");
  expect((await ended).code).toBe(130);
  expect(await leftovers()).toEqual([]);
});

test("a word it does not know is told with those it does", async () => {
  const { code, said } = await start("--only", "kils").ended;
  expect(code).toBe(2);
  expect(said).toContain("--only: expected some of kills, kills-receipts");
});
