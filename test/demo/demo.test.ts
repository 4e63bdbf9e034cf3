import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Summary } from "../../src/demo/summary.ts";

const bin = new URL("../../bin/waypost.cjs", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "waypost-demo-"));
// As root its Postgres is another user, who has to get in here.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as its user would, with a key in the environment that must not be used. */
function demo(options: readonly string[], onProgress: (pid: number) => void = () => {}) {
  const env = {
    ...process.env,
    PORT: "0",
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing",
    SENDGRID_API_KEY: "SG.real",
  };
  const child = spawn(process.execPath, [bin, "demo", ...options], { cwd: folder, env });
  return new Promise<Ended>((ended) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (/enrolled/.test(stderr)) onProgress(child.pid ?? 0);
    });
    child.on("close", (code) => ended({ code, stdout, stderr }));
  });
}

const small = ["--exit", "--json", "--customers", "100", "--days", "7"];

describe("the demo", () => {
  it("plays a small shop from nothing to its results", async () => {
    const { code, stdout, stderr } = await demo(small);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const [line = "", ...rest] = stdout.split("\n");
    expect(rest).toEqual([""]);
    const summary = JSON.parse(line) as Summary;
    expect(summary).toMatchObject({ customers: 100, sentTwice: 0, leftOver: 0 });
    expect(summary.orders).toBeGreaterThan(100);
    expect(summary.events).toBeGreaterThan(summary.orders);
    expect(summary.enrolled).toBeGreaterThan(5);
    expect(summary.messages.delivered).toBeGreaterThan(2);
    expect(summary.messages.unknown ?? 0).toBe(0);
    expect(summary.opened.people).toBeGreaterThan(0);
    const outbox = join(folder, ".waypost/demo/.waypost/outbox");
    const kept = readdirSync(outbox, { recursive: true, encoding: "utf8" }).filter((path) =>
      /\.(html|json)$/.test(path),
    );
    const { delivered = 0, accepted = 0, bounced = 0 } = summary.messages;
    expect(kept.length).toBeGreaterThanOrEqual(delivered + accepted + bounced);
  });

  it("begins anew after one that was killed, and ends when it is asked to", async () => {
    const killed = await demo(["--exit", "--customers", "50", "--days", "90"], (pid) =>
      process.kill(pid, "SIGKILL"),
    );
    expect(killed.code).toBeNull();
    const stopped = await demo(["--exit", "--customers", "50", "--days", "90"], (pid) =>
      process.kill(pid, "SIGINT"),
    );
    expect(stopped).toMatchObject({ code: 130, stdout: "" });
    expect(stopped.stderr).toContain("stopped before its end");
  });

  it("says which options it understands", async () => {
    const { code, stderr } = await demo(["--days", "soon"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected a whole number from 1 to 180/i);
  });
});
