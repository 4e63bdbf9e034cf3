import { createHash } from "node:crypto";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";

/** Begins a statement that each connection is to parse and plan once, and not at every call. */
const mark = "/* prepared */";
const names = new Map<string, string>();

/**
 * The pool as Kysely sees it. Statements that begin with the mark get a name, which makes the server keep them: planning
 * the ledger's statements takes as long as running them. For those only whose text is always the same.
 */
export function preparing(pool: Pool): PostgresPool {
  const known = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      const wrapped = known.get(client) ?? wrap(client);
      known.set(client, wrapped);
      return wrapped;
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

function wrap(client: PoolClient): PostgresPoolClient {
  return Object.assign(Object.create(client) as PostgresPoolClient, {
    query(text: string, values: readonly unknown[]) {
      const named = text.trimStart().startsWith(mark) ? { name: nameOf(text) } : {};
      return client.query({ ...named, text, values: [...values] });
    },
  });
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `waypost_${createHash("sha1").update(text).digest("hex").slice(0, 20)}`;
    names.set(text, name);
  }
  return name;
}
