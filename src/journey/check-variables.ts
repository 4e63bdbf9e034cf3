import { type Mistake, nearMiss } from "../errors.ts";
import type { KnownRead, KnownTemplate } from "./check-templates.ts";
import { type VariableRoot, isRoot, variables } from "./variable.ts";

/**
 * Variables that no journey can ever give a template. `shop` has the keys that waypost.yaml says. Of a layout or a partial
 * that several templates share it is told once.
 */
export function unknownVariables(
  templates: readonly KnownTemplate[],
  shop: readonly string[] | undefined,
): readonly Mistake[] {
  const mistakes = templates.flatMap(({ reads }) =>
    (reads ?? []).flatMap((read) => {
      const why = whyNever(read, shop);
      if (why === undefined) return [];
      const { file, line, path } = read;
      return [{ file, line, column: 1, path: "", message: `{{${path}}}: ${why}` }];
    }),
  );
  return once(mistakes);
}

function once(mistakes: readonly Mistake[]): readonly Mistake[] {
  return [...new Map(mistakes.map((mistake) => [JSON.stringify(mistake), mistake])).values()];
}

/**
 * Variables that a list hides: inside of `each` a name is the entry's own. Warnings, since an entry may have such a part.
 */
export function shadowedVariables(templates: readonly KnownTemplate[]): readonly Mistake[] {
  const mistakes = templates.flatMap(({ ofEntries = [] }) =>
    ofEntries.flatMap(({ path, file, line }) => {
      const [list = "", said = ""] = path.split(/\[\]\.(?!.*\[\]\.)/);
      const [root = "", key] = said.split(".");
      // The one outside has parts and cannot be said as a whole.
      if (!isRoot(root) || (key === undefined && variables[root]?.length !== 0)) return [];
      const message = `{{${said}}} is a part of each entry of ${list} here; write {{@root.${said}}} for the one outside`;
      return [{ file, line, column: 1, path: "", message }];
    }),
  );
  return once(mistakes);
}

function whyNever(
  { path, isRequired }: KnownRead,
  shop: readonly string[] | undefined,
): string | undefined {
  const [root = "", key] = path.split(".");
  if (!isRoot(root)) return isRequired ? whyNoRoot(path) : whyMisspelt(path);
  if (root === "shop") return isRequired ? whyNoKey(key, shop) : undefined;
  const fields = variables[root];
  if (fields === null || key === undefined || fields.some((field) => field === key))
    return undefined;
  return whyNoField(root, key, fields);
}

function whyNoRoot(path: string): string {
  const roots = Object.keys(variables);
  return (
    whyMisspelt(path) ??
    whyBare(path) ??
    `templates know nothing of that name; they know ${roots.join(", ")}`
  );
}

/** A single word that need not exist may be what a partial is given, or not; so only longer paths are taken for slips. */
function whyMisspelt(path: string): string | undefined {
  const [root = "", ...rest] = path.split(".");
  const meant = rest.length === 0 ? undefined : nearMiss(root, Object.keys(variables));
  return meant === undefined ? undefined : `did you mean {{${[meant, ...rest].join(".")}}}?`;
}

/** `{{firstname}}` */
function whyBare(path: string): string | undefined {
  const meant = nearMiss(path, Object.keys(variables));
  if (meant !== undefined) return `did you mean {{${meant}}}?`;
  const field = nearMiss(path, variables.customer);
  return field === undefined ? undefined : `did you mean {{customer.${field}}}?`;
}

function whyNoKey(key: string | undefined, shop: readonly string[] | undefined) {
  if (key === undefined || shop === undefined || shop.includes(key)) return undefined;
  const meant = nearMiss(key, shop);
  const why = "waypost.yaml gives shop no such key";
  return meant === undefined ? why : `${why}; did you mean {{shop.${meant}}}?`;
}

function whyNoField(root: VariableRoot, key: string, fields: readonly string[]): string {
  if (fields.length === 0) return `{{${root}}} has no parts`;
  const meant = nearMiss(key, fields);
  if (meant !== undefined) return `did you mean {{${root}.${meant}}}?`;
  const own = fields.includes("attributes")
    ? `; one of your own is {{${root}.attributes.${key}}}`
    : "";
  return `${root} has no "${key}"; expected one of ${fields.join(", ")}${own}`;
}
