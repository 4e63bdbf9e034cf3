import { readFile } from "node:fs/promises";
import { WaypostError, reasonOf } from "../errors.ts";

/** JSON (YAML does as well) as it was typed for an option, or of the file of that name; `file` is what mistakes in it name. */
export async function jsonOption(
  name: string,
  typed: string,
  example: string,
): Promise<{ readonly text: string; readonly file: string }> {
  if (/^\s*[{[]/.test(typed)) return { text: typed, file: `--${name}` };
  const text = await readFile(typed, "utf8").catch((cause: unknown) => {
    throw new WaypostError(
      "WAYPOST_REQUEST",
      `--${name}: expected JSON such as '${example}', or a file of it: ${reasonOf(cause)}`,
      { cause },
    );
  });
  return { text, file: typed };
}
