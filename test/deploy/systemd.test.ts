import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const units = ["waypost-apply.service", "waypost-web.service", "waypost-worker@.service"];
const textOf = (unit: string) => readFileSync(join("deploy/systemd", unit), "utf8");

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test.skipIf(!hasSystemd)("systemd finds nothing to say against the units", () => {
  const folder = mkdtempSync(join(tmpdir(), "waypost-units-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // A template is looked at by one of its instances.
  const named = units.map((unit) => unit.replace("@.", "@1."));
  for (const [nth, unit] of named.entries())
    cpSync(join("deploy/systemd", units[nth] ?? ""), join(folder, unit));
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...named], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr.split("\n").filter((line) => line.includes("waypost"))).toEqual([]);
  expect(status).toBe(0);
});

test.each(units)("%s makes the one folder that it may write to before it is shut in", (unit) => {
  const text = textOf(unit);
  const [, writable = "none"] = /^ReadWritePaths=(.*)$/m.exec(text) ?? [];
  expect(text).toMatch(new RegExp(`^ExecStartPre=\\+/usr/bin/install -d .* ${writable}$`, "m"));
});

test("each worker answers Prometheus at a port of its own, whatever the file that they share says", () => {
  expect(textOf("waypost-worker@.service")).toMatch(
    /^ExecStart=\/usr\/bin\/env METRICS_PORT=910%i node /m,
  );
});
