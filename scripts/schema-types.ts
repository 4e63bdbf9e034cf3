import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly generated: "always" | "default" | "never";
  /** The values of a `CHECK (column IN (…))`, or null. */
  readonly values: readonly string[] | null;
}

const HEAD = `// Written by \`npm run schema\` from the migrated database. A test compares them.
import type { ColumnType, GeneratedAlways, Insertable, Selectable } from "kysely";

/** bigint: a string when read, so that no digit is lost. */
type Bigint = ColumnType<string, string | number | bigint, string | number | bigint>;
type Numeric = ColumnType<string, string | number, string | number>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** jsonb: parsed when read; written as \`JSON.stringify(…)\`, since the driver would make an array a Postgres array. */
type Json = ColumnType<unknown, string, string>;
type Defaulted<T> =
  T extends ColumnType<infer S, infer I, infer U>
    ? ColumnType<S, I | undefined, U>
    : ColumnType<T, T | undefined, T>;

/** A row as it is read, and as it is written: \`Row<"customers">\`. */
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
export type NewRow<Table extends keyof Tables> = Insertable<Tables[Table]>;
`;

const TYPES: Record<string, string> = {
  bigint: "Bigint",
  boolean: "boolean",
  bytea: "Buffer",
  date: "string",
  inet: "string",
  integer: "number",
  json: "Json",
  jsonb: "Json",
  numeric: "Numeric",
  real: "number",
  "double precision": "number",
  smallint: "number",
  text: "string",
  "text[]": "string[]",
  "bigint[]": "string[]",
  "timestamp with time zone": "Timestamp",
  uuid: "string",
};

/** The text of `src/database/tables.ts` for the schema that `database` searches first. */
export async function describeTables(database: Database): Promise<string> {
  const columns = await findColumns(database);
  const tables = [...Map.groupBy(columns, ({ table }) => table)];
  const states = columns.filter(({ values }) => values !== null).map(describeStates);
  const all = tables.map(([table]) => `  ${table}: ${typeName(table)}Table;`);
  const newest = await findNewestMigration(database);
  return [
    HEAD,
    `/** What this code was written for (generation.ts). */\nexport const newestMigration = ${JSON.stringify(newest)};\n`,
    `export interface Tables {\n${all.join("\n")}\n}\n`,
    ...states,
    ...tables.map(([table, of]) => describeTable(table, of)),
  ].join("\n");
}

function describeTable(table: string, columns: readonly Column[]): string {
  const lines = columns.map((column) => `  ${column.name}: ${columnType(column)};`);
  return `interface ${typeName(table)}Table {\n${lines.join("\n")}\n}\n`;
}

/** Broken over lines as the formatter would. */
function describeStates({ table, name, values }: Column): string {
  const literals = (values ?? []).map((value) => JSON.stringify(value));
  const line = `export type ${typeName(table)}${typeName(name)} = ${literals.join(" | ")};`;
  if (line.length <= 100) return `${line}\n`;
  return `export type ${typeName(table)}${typeName(name)} =\n  | ${literals.join("\n  | ")};\n`;
}

function columnType(column: Column): string {
  const plain =
    column.values === null
      ? plainType(column)
      : `${typeName(column.table)}${typeName(column.name)}`;
  if (column.generated === "always")
    return `GeneratedAlways<${plain === "Bigint" ? "string" : plain}>`;
  if (column.generated === "default" && !column.nullable) return `Defaulted<${plain}>`;
  return column.nullable ? `${plain} | null` : plain;
}

function plainType({ table, name, type }: Column): string {
  const found =
    TYPES[type.replace(/\(.*\)/, "").replace(/^(character|character varying)$/, "text")];
  if (found === undefined)
    throw new Error(`${table}.${name}: no TypeScript type is known for ${type}`);
  return found;
}

/** `journey_versions` -> `JourneyVersions` */
function typeName(table: string): string {
  return table.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

async function findNewestMigration(database: Database): Promise<string> {
  const { rows } = await sql<{ name: string }>`select max(name) as name from migrations`.execute(
    database,
  );
  return rows[0]?.name ?? "";
}

async function findColumns(database: Database): Promise<readonly Column[]> {
  const { rows } = await sql<Column & { check: string | null }>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      not a.attnotnull as nullable,
      case when a.attidentity = 'a' or a.attgenerated <> '' then 'always'
           when a.atthasdef or a.attidentity = 'd' then 'default' else 'never' end as generated,
      (select pg_get_constraintdef(k.oid) from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
          and pg_get_constraintdef(k.oid) like '%= ANY (ARRAY[%' order by k.conname limit 1) as check
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and c.relname <> 'migrations' and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`.execute(database);
  return rows.map(({ check, ...column }) => ({
    ...column,
    values: check === null ? null : literalsOf(check),
  }));
}

/** The literals of `CHECK ((state = ANY (ARRAY['a'::text, 'b'::text])))`. */
function literalsOf(check: string): string[] {
  return [...check.matchAll(/'((?:[^']|'')*)'::text/g)].map(([, value]) =>
    (value ?? "").replaceAll("''", "'"),
  );
}
