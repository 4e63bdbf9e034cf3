import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCodes } from "../src/errors.ts";

const docs = readFileSync("docs/errors.md", "utf8");
const rows = [...docs.matchAll(/^\| `(WAYPOST_\w+)` \| (.+?) \| (.+?) \|$/gm)];

test("the table of errors and the codes are the same", () => {
  const told = rows.map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(told)).toEqual(errorCodes);
  expect(rows).toHaveLength(Object.keys(errorCodes).length);
});

test("the reasons it explains are those that are written into the ledger", () => {
  const reasons = [...docs.matchAll(/^\| `(?:suppressed|expired|planned|unknown)` \| (.+?) \|/gm)];
  const writers = ["open-sending", "plan", "unreached", "recover", "restored"].map(
    (name) => `message/${name}`,
  );
  const sources = [...writers, "customer/absorb", "customer/personal-tables"]
    .map((name) => readFileSync(`src/${name}.ts`, "utf8"))
    .join("");
  for (const [, reason = ""] of reasons) expect(sources).toContain(reason.replace("…", "").trim());
  expect(reasons.length).toBeGreaterThan(7);
});
