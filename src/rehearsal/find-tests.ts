import { readFileSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type Mistake, WaypostError, nearMiss, reasonOf } from "../errors.ts";
import { readTestFile } from "./read-test-file.ts";
import type { Project, TestCase } from "./test-file.ts";

const folders = ["workflows", "test"];

/** The tests of a project: `*.test.yaml` in `workflows/` and `test/`, or those of the given files alone. */
export function findTests(
  folder: string,
  given: readonly string[],
  project: Project,
): { readonly tests: readonly TestCase[]; readonly mistakes: readonly Mistake[] } {
  const files =
    given.length === 0
      ? folders.flatMap((name) => testFilesIn(folder, name))
      : given.map((path) => inProject(folder, path));
  const read = files.map((file) => readTestFile(textOf(folder, file), file, project));
  return {
    tests: read.flatMap(({ cases }) => cases),
    mistakes: read.flatMap(({ mistakes }) => mistakes),
  };
}

function testFilesIn(folder: string, name: string): readonly string[] {
  try {
    return readdirSync(join(folder, name))
      .filter((file) => file.endsWith(".test.yaml") && !file.startsWith("."))
      .toSorted()
      .map((file) => join(name, file));
  } catch {
    return [];
  }
}

/** A path as the shell has it, or as it stands in the project. */
function inProject(folder: string, path: string): string {
  const known = folders.flatMap((name) => testFilesIn(folder, name));
  return known.find((file) => file === path) ?? relative(folder, resolve(path));
}

function textOf(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch (cause) {
    const meant = nearMiss(
      file,
      folders.flatMap((name) => testFilesIn(folder, name)),
    );
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new WaypostError(
      "WAYPOST_NOT_FOUND",
      `${file}: expected a file of tests such as workflows/welcome.test.yaml, got "${reasonOf(cause)}"${hint}`,
      { cause },
    );
  }
}
