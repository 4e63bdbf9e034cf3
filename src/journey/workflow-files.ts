import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Mistake, reasonOf } from "../errors.ts";

/** A file of YAML that could be opened, or why it could not. */
export type WorkflowFile = {
  readonly file: string;
  /** Its name without ending. */ readonly stem: string;
} & ({ readonly text: string } | { readonly mistake: Mistake });

/** Files among the journeys that are none: these, and the tests of journeys. */
const others: ReadonlySet<string> = new Set(["example.yaml", "data.yaml"]);
const isTest = /\.test\.ya?ml$/i;

/** The YAML files of a folder by name, which mistakes call `called`; undefined when there is no such folder. */
export function workflowFiles(folder: string, called: string): readonly WorkflowFile[] | undefined {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return undefined;
  }
  return names
    .filter((name) => /^[^.].*\.ya?ml$/i.test(name) && !others.has(name) && !isTest.test(name))
    .toSorted()
    .map((name) => open(join(folder, name), join(called, name), name));
}

function open(path: string, file: string, name: string): WorkflowFile {
  const stem = name.replace(/\.ya?ml$/i, "");
  if (!name.endsWith(".yaml"))
    return {
      file,
      stem,
      mistake: whole(file, `expected the ending ".yaml"; rename it to ${stem}.yaml`),
    };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    return { file, stem, text };
  } catch (cause) {
    return {
      file,
      stem,
      mistake: whole(file, `expected a file of UTF-8 text: ${reasonOf(cause)}`),
    };
  }
}

/** A mistake about a file as a whole. */
export function whole(file: string, message: string): Mistake {
  return { file, line: 1, column: 1, path: "", message };
}
