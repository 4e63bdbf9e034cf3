import { sql } from "kysely";
import { expect, test } from "vitest";
import { personal, personalTables } from "../../src/customer/personal-tables.ts";
import type { Tables } from "../../src/database/tables.ts";
import { aDatabase } from "../support/database.ts";

const database = await aDatabase();

interface Column {
  readonly table: keyof Tables;
  readonly column: string;
  readonly type: string;
}

const { rows: columns } = await sql<Column>`
  select relname as table, attname as column, format_type(atttypid, null) as type
  from pg_class join pg_attribute on attrelid = pg_class.oid
  where relnamespace = 'waypost'::regnamespace and relkind in ('r', 'p') and not relispartition
    and attnum > 0 and not attisdropped and relname <> 'migrations'`.execute(database);

/** Tables that hang on a customer, by a chain of foreign keys. */
const { rows: hanging } = await sql<{ table: string }>`
  with recursive hanging as (
    select 'customers'::regclass::oid as id
    union select conrelid from pg_constraint join hanging on confrelid = hanging.id where contype = 'f'
  ) select relname as table from hanging join pg_class on oid = hanging.id`.execute(database);

const names = new Set<string>(personal.keys());
const tellsWho = new Set(["customer_id", "enrollment_id", "message_id", "order_id"]);

test("every table says what it has of a person", () => {
  expect(Object.keys(personalTables).toSorted()).toEqual(
    [...new Set(columns.map(({ table }) => table))].toSorted(),
  );
});

test("a table that hangs on a customer, or names one, is erased and told", () => {
  const named = columns.filter(({ column }) => tellsWho.has(column)).map(({ table }) => table);
  const forgotten = [...hanging.map(({ table }) => table), ...named].filter(
    (table) => !names.has(table),
  );
  // Only numbers that were ours.
  expect([...new Set(forgotten)]).toEqual(["erasures"]);
});

test.each([...personal].filter(([, { erasing }]) => erasing !== "deletes"))(
  "of %s each column that can hold words is emptied, or is said to hold none of a customer's",
  (table, { erasing }) => {
    if (erasing === "deletes") return;
    const nobody = {
      customers: [],
      names: [],
      accounts: [],
      enrollments: [],
      messages: [],
      orders: [],
      addresses: [],
      links: [],
    };
    const said = new Set([...Object.keys(erasing.sets(nobody, new Date())), ...erasing.keeps]);
    const words = columns.filter(
      (one) => one.table === table && /text|json|inet|bytea|char/.test(one.type),
    );
    expect(words.map(({ column }) => column).filter((column) => !said.has(column))).toEqual([]);
  },
);
