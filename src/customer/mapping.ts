import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Mistake, MistakesError, WaypostError, nearMiss, reasonOf } from "../errors.ts";
import { type YamlFile, parseYaml, readYaml } from "../yaml-file.ts";
import { dateFormat } from "./date-format.ts";
import { type ImportKind, bagsOf, fieldTypes, fieldsOf, findField, importKinds } from "./field.ts";
import { consentTarget } from "./target.ts";

const constant = z.union([z.string(), z.number(), z.boolean()]);
const zone = z
  .string()
  .refine(isZone, { error: 'expected an IANA time zone such as "Europe/London"' });

const columnSchema = z.strictObject({
  field: z.string(),
  type: z.enum(fieldTypes).optional(),
  format: z
    .string()
    .refine(isDateFormat, { error: 'expected a date format such as "D.M.YYYY H:mm"' })
    .optional(),
  zone: zone.optional(),
  decimal: z.enum([".", ","]).optional(),
  /** What stands in the file, and what it means to us; null for nothing. */
  values: z.record(z.string(), constant.nullable()).optional(),
});

const ruleSchema = z
  .strictObject({
    column: z.string(),
    is: z.union([constant, z.array(constant)]).optional(),
    starts_with: z.string().optional(),
    empty: z.boolean().optional(),
    set: z.record(z.string(), constant).optional(),
    skip: z.boolean().optional(),
  })
  .refine(
    (rule) =>
      [rule.is, rule.starts_with, rule.empty].filter((test) => test !== undefined).length === 1,
    {
      error: "expected one of is, starts_with, empty",
    },
  )
  .refine((rule) => (rule.set === undefined) !== (rule.skip === undefined), {
    error: "expected set or skip",
  });

const mappingSchema = z.strictObject({
  import: z.enum(importKinds),
  describe: z.string().optional(),
  encoding: z.enum(["utf-8", "windows-1252", "utf-16le", "utf-16be"]).optional(),
  delimiter: z.enum([",", ";", "\t", "|"]).optional(),
  /** Zone of times without an offset. */
  zone: zone.optional(),
  decimal: z.enum([".", ","]).optional(),
  /** Texts that mean that there is nothing. */
  blank: z.array(z.string()).optional(),
  columns: z.record(z.string(), z.union([z.string(), columnSchema])),
  /** Fields that no column holds: constants, or templates such as "customer-{CustomerID}@example.com". */
  set: z.record(z.string(), constant).default({}),
  when: z.array(ruleSchema).default([]),
  /** What becomes of columns that are not named here. */
  others: z.enum(["ignore", "attributes"]).default("ignore"),
});

export type MappingColumn = z.output<typeof columnSchema>;
export type MappingRule = z.output<typeof ruleSchema>;
export interface Mapping extends z.output<typeof mappingSchema> {
  readonly yaml: YamlFile;
}

/** Reads a mapping and checks it against the kind of import it is used for; throws every mistake with its line. */
export function readMapping(file: string, kind: ImportKind): Mapping {
  const text = readText(file);
  const { value, mistakes } = parseYaml(text, file, mappingSchema);
  if (value === undefined) throw new MistakesError(mistakes);
  const mapping = { ...value, yaml: readYaml(text, file) };
  const wrong = [...mistakenKind(mapping, kind), ...mistakenFields(mapping)];
  if (wrong.length > 0) throw new MistakesError(wrong);
  return mapping;
}

/** The columns that a mapping names and a file's header has not. */
export function mistakenColumns(mapping: Mapping, header: readonly string[]): Mistake[] {
  const check = (name: string, path: readonly PropertyKey[]): Mistake[] => {
    if (header.includes(name)) return [];
    const meant = nearMiss(name, header);
    const hint = meant === undefined ? `it has ${header.join(", ")}` : `did you mean "${meant}"?`;
    return [mapping.yaml.mistakeAt(path, `the file has no column "${name}"; ${hint}`)];
  };
  return [
    ...Object.keys(mapping.columns).flatMap((name) => check(name, ["columns", name])),
    ...Object.entries(mapping.set).flatMap(([field, template]) =>
      templateColumns(template).flatMap((name) => check(name, ["set", field])),
    ),
    ...mapping.when.flatMap((rule, index) => [
      ...check(rule.column, ["when", index, "column"]),
      ...Object.entries(rule.set ?? {}).flatMap(([field, template]) =>
        templateColumns(template).flatMap((name) => check(name, ["when", index, "set", field])),
      ),
    ]),
  ];
}

/** `customer-{CustomerID}@example.com` -> `CustomerID` */
export function templateColumns(template: string | number | boolean): string[] {
  return [...String(template).matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name ?? "");
}

export function columnOf(column: string | MappingColumn): MappingColumn {
  return typeof column === "string" ? { field: column } : column;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new WaypostError(
      "WAYPOST_IMPORT",
      `mapping ${file}: cannot be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

function mistakenKind(mapping: Mapping, kind: ImportKind): Mistake[] {
  if (mapping.import === kind) return [];
  return [
    mapping.yaml.mistakeAt(
      ["import"],
      `this mapping is for ${mapping.import}, the import is of ${kind}`,
    ),
  ];
}

function mistakenFields(mapping: Mapping): Mistake[] {
  const check = (name: string, path: readonly PropertyKey[]): Mistake[] =>
    isField(mapping.import, name)
      ? []
      : [mapping.yaml.mistakeAt(path, unknownField(mapping.import, name))];
  return [
    ...Object.entries(mapping.columns).flatMap(([column, given]) =>
      check(
        columnOf(given).field,
        typeof given === "string" ? ["columns", column] : ["columns", column, "field"],
      ),
    ),
    ...Object.keys(mapping.set).flatMap((name) => check(name, ["set", name])),
    ...mapping.when.flatMap((rule, index) =>
      Object.keys(rule.set ?? {}).flatMap((name) => check(name, ["when", index, "set", name])),
    ),
  ];
}

function isField(kind: ImportKind, name: string): boolean {
  return (
    fieldsOf[kind].some((field) => field.name === name) ||
    Object.keys(bagsOf[kind]).some(
      (bag) => name.startsWith(`${bag}.`) && name.length > bag.length + 1,
    ) ||
    (kind === "customers" && consentTarget(name) !== undefined)
  );
}

function unknownField(kind: ImportKind, name: string): string {
  const known = fieldsOf[kind].map((field) => field.name);
  const meant = findField(kind, name)?.name ?? nearMiss(name, known);
  const free = Object.keys(bagsOf[kind]).map((bag) => `${bag}.<name>`);
  const hint =
    meant === undefined
      ? `expected one of ${[...known, ...free].join(", ")}`
      : `did you mean "${meant}"?`;
  return `unknown field "${name}" of ${kind}; ${hint}`;
}

function isDateFormat(format: string): boolean {
  return dateFormat(format, "UTC") !== undefined;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
