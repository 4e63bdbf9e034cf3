import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fieldsOf, importKinds } from "../../src/customer/field.ts";
import { readMapping } from "../../src/customer/mapping.ts";
import { aFile } from "./files.ts";

const page = readFileSync(new URL("../../docs/import.md", import.meta.url), "utf8");

test("docs/import.md names every field that a file may hold", () => {
  const documented = new Set([...page.matchAll(/[a-z][a-z_.]+/g)].map(([word]) => word));
  const fields = importKinds.flatMap((kind) => fieldsOf[kind].map(({ name }) => name));
  expect(fields.filter((name) => !name.startsWith("customer.") && !documented.has(name))).toEqual(
    [],
  );
});

test("the mapping in docs/import.md has no mistakes", () => {
  const [, yaml = ""] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  expect(readMapping(aFile(yaml, "yaml"), "orders").columns).toHaveProperty("Datum");
});
