import { expect, test } from "vitest";
import { findBreaches, importsOf, readSources } from "../scripts/architecture.ts";

function breaches(path: string, text: string): readonly string[] {
  return findBreaches([{ path, text }]);
}

test("src/ keeps to its arrows, its libraries' homes, its lengths, and has no import cycle", () => {
  expect(findBreaches(readSources(new URL("../src", import.meta.url).pathname))).toEqual([]);
});

test("an import with the arrows passes, one against them is named", () => {
  expect(breaches("queue/wake.ts", 'import { wake } from "../enrollment/wake.ts";')).toEqual([]);
  expect(breaches("message/plan.ts", 'import type { Wake } from "../queue/wake.ts";')[0]).toContain(
    "src/message/plan.ts: imports src/queue/wake.ts, against the arrows: database, journey, template, channel -> customer",
  );
});

test("journey, template and channel know neither one another nor the database", () => {
  expect(
    breaches("journey/check.ts", 'import { render } from "../template/render.ts";'),
  ).toHaveLength(1);
  expect(
    breaches("channel/sms.ts", 'import { connect } from "../database/database.ts";'),
  ).toHaveLength(1);
  expect(breaches("template/render.ts", 'import { sql } from "kysely";')).toEqual([
    "src/template/render.ts: template/ must not know kysely",
  ]);
});

test("a library away from home, and one without a home, are named", () => {
  expect(breaches("message/plan.ts", 'import { Queue } from "bullmq";')).toEqual([
    "src/message/plan.ts: imports bullmq, whose home is queue",
  ]);
  expect(breaches("message/plan.ts", 'import chunk from "lodash/chunk.js";')[0]).toContain(
    "lodash, which has no home",
  );
});

test("the environment is read in config.ts alone", () => {
  expect(breaches("web/server.ts", "const port = process.env.PORT;")).toHaveLength(1);
  expect(breaches("config.ts", "const port = process.env.PORT;")).toEqual([]);
});

test("a folder that is none of our words, a barrel and a file without end are named", () => {
  expect(breaches("utils/text.ts", "")).toEqual([
    "src/utils/text.ts: utils/ has no place in the order of folders",
  ]);
  expect(breaches("web/index.ts", 'export * from "./server.ts";')).toHaveLength(1);
  expect(breaches("web/long.ts", "\n".repeat(401))[0]).toContain("at most 400 lines, found 401");
});

test("files that import each other in a circle are named in its order", () => {
  const circle = [
    { path: "web/a.ts", text: 'import "./b.ts";' },
    { path: "web/b.ts", text: 'import type { A } from "./c.ts";' },
    { path: "web/c.ts", text: 'const a = await import("./a.ts");' },
  ];
  expect(findBreaches(circle)).toEqual([
    "src/: import cycle web/a.ts -> web/b.ts -> web/c.ts -> web/a.ts",
  ]);
});

test("imports are found over several lines, and words in text and comments are none", () => {
  expect(
    importsOf(
      'import {\n  a,\n  type B,\n} from "./b.ts";\nexport { c } from "./c.ts";\nimport d from "./d.ts";',
    ),
  ).toEqual(["./b.ts", "./c.ts", "./d.ts"]);
  expect(importsOf('// what we import from "here"\nconst text = "from";')).toEqual([]);
});
