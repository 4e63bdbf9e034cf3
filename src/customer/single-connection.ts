import { Kysely, PostgresDialect } from "kysely";
import type { PoolClient } from "pg";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Kysely over one connection of the driver, for work that needs COPY and its temporary tables in the same session. */
export function singleConnection(client: PoolClient): Database {
  const borrowed = new Proxy(client, {
    get: (target, name) => {
      if (name === "release") return () => undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const pool = {
    connect: () => Promise.resolve(borrowed),
    end: () => Promise.resolve(),
    options: {},
  };
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
