import { nearMiss } from "../errors.ts";
import { type ImportKind, fieldsOf, findField, plainHeader } from "./field.ts";
import { type Mapping, columnOf } from "./mapping.ts";
import { faultOfKey } from "./storable.ts";
import { type Target, bagTarget, columnTarget, consentTarget, targetOf } from "./target.ts";
import { type ReadValue, type ValueSettings, valueReader } from "./value.ts";

/** What becomes of one column of a file. */
export interface ColumnPlan {
  readonly column: string;
  readonly target: Target;
  readonly read: ReadValue;
  /** What stands in the file, and what it means. */
  readonly values: ReadonlyMap<string, string | number | boolean | null> | null;
}

export interface PlanOptions {
  readonly kind: ImportKind;
  readonly mapping: Mapping | null;
  readonly settings: ValueSettings;
}

/** The column's plan (null: it is passed over), and what the operator may want to know of it. */
export interface Planned {
  readonly plan: ColumnPlan | null;
  readonly note: string | null;
}

/** `taken` are the staging columns that other columns of the file fill already. */
export function planColumn(
  column: string,
  options: PlanOptions,
  taken: ReadonlySet<string>,
): Planned {
  const fault = faultOfKey(column);
  if (fault !== undefined)
    return { plan: null, note: `column "${column.slice(0, 40)}" is passed over: ${fault}` };
  const { mapping } = options;
  if (mapping !== null && Object.hasOwn(mapping.columns, column))
    return { plan: mappedPlan(column, mapping, options), note: null };
  if (mapping?.others === "ignore")
    return { plan: null, note: `column "${column}" is not in the mapping and is passed over` };
  const target = mapping === null ? ownTarget(column, options.kind) : undefined;
  if (target !== undefined && !(target.kind === "column" && taken.has(target.column)))
    return { plan: plain(column, target, options), note: null };
  return keptAside(column, options);
}

/** How a value for a target is read when nothing more is said. */
function plain(column: string, target: Target, options: PlanOptions): ColumnPlan {
  return { column, target, read: targetReader(target, options.settings), values: null };
}

export function targetReader(target: Target, settings: ValueSettings): ReadValue {
  if (target.kind === "consent") return valueReader("boolean", settings);
  if (target.kind === "column") return valueReader(target.type, settings);
  return valueReader(target.key === null ? "json" : "any", settings);
}

function mappedPlan(column: string, mapping: Mapping, options: PlanOptions): ColumnPlan | null {
  const given = columnOf(mapping.columns[column] ?? column);
  const target = targetOf(options.kind, given.field);
  if (target === undefined) return null;
  const settings: ValueSettings = {
    ...options.settings,
    zone: given.zone ?? mapping.zone ?? options.settings.zone,
    format: given.format,
    decimal: given.decimal ?? mapping.decimal,
  };
  const type =
    given.type ?? (given.format !== undefined && target.kind === "bag" ? "datetime" : undefined);
  return {
    column,
    target,
    read:
      type === undefined || target.kind === "column"
        ? targetReader(target, settings)
        : typedReader(type, settings),
    values: given.values === undefined ? null : new Map(Object.entries(given.values)),
  };
}

/** A number that a mapping asks for is one in JSON too. */
function typedReader(type: Parameters<typeof valueReader>[0], settings: ValueSettings): ReadValue {
  const read = valueReader(type, settings);
  if (type !== "number" && type !== "integer" && type !== "money") return read;
  return (raw) => {
    const value = read(raw);
    return typeof value === "string" ? Number(value) : value;
  };
}

function ownTarget(column: string, kind: ImportKind): Target | undefined {
  const field = findField(kind, column);
  if (field !== undefined) return columnTarget(field);
  return bagTarget(kind, column) ?? (kind === "customers" ? consentTarget(column) : undefined);
}

const keptIn: Readonly<Record<ImportKind, string>> = {
  customers: "attributes",
  orders: "attributes",
  events: "properties",
  products: "attributes",
};

function keptAside(column: string, options: PlanOptions): Planned {
  const name = `${keptIn[options.kind]}.${column.trim()}`;
  const target = bagTarget(options.kind, name);
  const meant = nearMiss(
    plainHeader(column),
    fieldsOf[options.kind].map((field) => plainHeader(field.name)),
  );
  const field = fieldsOf[options.kind].find((known) => plainHeader(known.name) === meant);
  const hint =
    field === undefined || meant === plainHeader(column) ? "" : `; did you mean "${field.name}"?`;
  return {
    plan: target === undefined ? null : plain(column, target, options),
    note: `column "${column}" is no field of ${options.kind} and is kept as ${name}${hint}`,
  };
}
