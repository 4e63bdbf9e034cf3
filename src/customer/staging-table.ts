import { type FieldType, type ImportKind, bagsOf, fieldsOf } from "./field.ts";

export interface StagingColumn {
  readonly name: string;
  readonly sqlType: string;
}

const sqlTypes: Readonly<Partial<Record<FieldType, string>>> = {
  integer: "integer",
  number: "numeric",
  money: "numeric",
  date: "date",
  birthday: "date",
  datetime: "timestamptz",
};

/** The columns in which rows of a kind wait to be merged; `n` is their order in the file. */
export function stagingColumns(kind: ImportKind): readonly StagingColumn[] {
  return [
    { name: "n", sqlType: "integer" },
    ...fieldsOf[kind].map(({ column, type }) => ({
      name: column,
      sqlType: sqlTypes[type] ?? "text",
    })),
    ...Object.values(bagsOf[kind]).map((name) => ({ name, sqlType: "jsonb" })),
    ...(kind === "customers" ? [{ name: "consents", sqlType: "jsonb" }] : []),
  ];
}
