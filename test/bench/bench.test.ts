import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const bench = fileURLToPath(new URL("../../bench/bench.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "bench-test-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...options: readonly string[]) {
  const child = spawn(process.execPath, [bench, ...options], {
    env: { ...process.env, TMPDIR: folder },
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

test(
  "a smoke run delivers every message once, writes its rows and leaves nothing behind",
  { timeout: 120_000 },
  async () => {
    const json = join(folder, "rows.json");
    const { code, said } = await run(
      "--small",
      "--only",
      "messages",
      "--backend",
      "postgres",
      "--json",
      json,
    );
    expect(said).toContain("messages end to end, to SendGrid, 2 workers");
    expect(code).toBe(0);
    const { rows } = JSON.parse(await readFile(json, "utf8")) as { rows: object[] };
    const row = { customers: 200, queues: "postgres", unit: "messages/s", faults: [] };
    expect(rows).toMatchObject([row]);
    expect((await readdir(folder)).filter((name) => name.startsWith("waypost-bench"))).toEqual([]);
  },
);

test("a word it does not know is told with those it does", async () => {
  const { code, said } = await run("--only", "massages");
  expect(code).toBe(2);
  expect(said).toContain("--only: expected some of messages, outbox, enrolling");
  expect(said).toContain('got "massages"');
});
