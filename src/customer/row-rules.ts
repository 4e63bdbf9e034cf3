import { type ColumnPlan, targetReader } from "./column-plan.ts";
import { type MappingRule, templateColumns } from "./mapping.ts";
import type { RowReaderOptions } from "./row-draft.ts";
import type { SourceRow } from "./source.ts";
import { type Json, textOf } from "./storable.ts";
import { targetOf } from "./target.ts";

interface SetValue {
  readonly plan: ColumnPlan;
  readonly value: Json;
  /** A rule's value replaces a column's; a mapping's `set` only fills what is empty. */
  readonly overrides: boolean;
}

export interface RowRules {
  skips(row: SourceRow): boolean;
  values(row: SourceRow): SetValue[];
}

type Present = (cell: Json | undefined) => Json;
type Setter = (row: SourceRow) => SetValue | null;

/** `set` and `when` of a mapping, ready to be applied to rows. */
export function rowRules(options: RowReaderOptions, present: Present): RowRules {
  const { mapping, columns } = options;
  if (mapping === null) return { skips: () => false, values: () => [] };
  const constants = Object.entries(mapping.set).flatMap(([field, given]) =>
    setter(field, given, false, options, present),
  );
  const rules = mapping.when.map((rule) => ({
    holds: ruleTest(rule, columns, present),
    skip: rule.skip === true,
    setters: Object.entries(rule.set ?? {}).flatMap(([field, given]) =>
      setter(field, given, true, options, present),
    ),
  }));
  return {
    skips: (row) => rules.some(({ skip, holds }) => skip && holds(row)),
    values: (row) => {
      const setters = rules.flatMap((rule) =>
        rule.setters.length > 0 && rule.holds(row) ? rule.setters : [],
      );
      return [...constants, ...setters].flatMap((set) => set(row) ?? []);
    },
  };
}

function setter(
  field: string,
  given: string | number | boolean,
  overrides: boolean,
  options: RowReaderOptions,
  present: Present,
): Setter[] {
  const target = targetOf(options.kind, field);
  if (target === undefined) return [];
  const plan: ColumnPlan = {
    column: field,
    target,
    read: targetReader(target, options.settings),
    values: null,
  };
  const fill = template(given, options.columns, present);
  return [
    (row) => {
      const value = fill(row);
      return value === null ? null : { plan, value, overrides };
    },
  ];
}

/** A template with an empty column in it makes nothing. */
function template(
  given: string | number | boolean,
  columns: readonly string[],
  present: Present,
): (row: SourceRow) => Json {
  const names = templateColumns(given);
  if (names.length === 0) return () => given;
  const text = String(given);
  return (row) => {
    let filled = text;
    for (const name of names) {
      const value = present(row.values[columns.indexOf(name)]);
      if (value === null || typeof value === "object") return null;
      filled = filled.replace(`{${name}}`, () => String(value));
    }
    return filled;
  };
}

function ruleTest(
  rule: MappingRule,
  columns: readonly string[],
  present: Present,
): (row: SourceRow) => boolean {
  const cell = (row: SourceRow): Json => present(row.values[columns.indexOf(rule.column)]);
  const { starts_with: start, empty, is } = rule;
  if (start !== undefined) return (row) => textOf(cell(row) ?? "").startsWith(start);
  if (empty !== undefined) return (row) => (cell(row) === null) === empty;
  const wanted = new Set((Array.isArray(is) ? is : [is]).map(String));
  return (row) => wanted.has(textOf(cell(row) ?? ""));
}
