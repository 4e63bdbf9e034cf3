import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { aJourney, mistakesIn, seenByEditors } from "./mistake-lines.ts";

const blocks = [...readFileSync("docs/journeys.md", "utf8").matchAll(/```yaml\n([^]*?)```/g)].map(
  ([, block = ""]) => block,
);

/** A block of the page as a whole file: what it leaves out is filled in. */
function fileOf(block: string): string {
  if (block.startsWith("journey:")) return block;
  if (block.startsWith("start:")) return aJourney({ start: block });
  if (block.startsWith("stop:"))
    return aJourney({ start: `start: { on: basket_updated }\n${block}` });
  if (block.startsWith("steps:")) return aJourney({ steps: block });
  const condition = block.trimEnd().replaceAll(/^/gm, "    ");
  const before =
    "steps:\n  - { voucher: welcome-10 }\n  - { call: 'https://example.com', id: score }";
  const task = "{ list: calls, do: Ring, outcomes: [reached], within: 1 day }";
  return aJourney({
    steps: `${before}\n  - { task: ${task}, id: ring }\n  -\n${condition}\n    then: []`,
  });
}

test("the page about the language shows every kind of step and of start", () => {
  const page = blocks.join("\n");
  for (const kind of ["send", "wait", "await", "if", "switch", "split", "set", "voucher"])
    expect(page).toContain(`- ${kind}:`);
  for (const kind of ["call", "task", "enter", "repeat"]) expect(page).toContain(`- ${kind}:`);
  for (const kind of ["on", "segment", "every", "date", "request"])
    expect(page).toMatch(new RegExp(`start:\\s+(?:\\{ )?${kind}:`));
});

test.each(blocks)("the page about the language is right about\n%s", (block) => {
  expect(mistakesIn(fileOf(block))).toEqual([]);
  expect(seenByEditors(fileOf(block))).toEqual([]);
});
