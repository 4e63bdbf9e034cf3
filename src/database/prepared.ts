import { createHash } from "node:crypto";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import type { Pool, PoolClient } from "pg";

/** Begins a statement that each connection is to parse and plan once, and not at every call. */
const mark = "/* prepared */";
const names = new Map<string, string>();

/** From so many calls of a pool on a statement is worth keeping, and so many of them are kept at most. */
const often = 4;
const most = 500;

/**
 * The pool as Kysely sees it. Statements that begin with the mark get a name, which makes the server keep them: planning
 * the ledger's statements takes as long as running them. For those only whose text is always the same; with `isBusy`, for
 * a pool that lives for minutes and says the same things thousands of times, for all that come again.
 */
export function preparing(pool: Pool, isBusy = false): PostgresPool {
  const calls = new Map<string, number>();
  let kept = 0;
  const isKept = (text: string): boolean => {
    if (text.trimStart().startsWith(mark)) return true;
    if (!isBusy) return false;
    const count = (calls.get(text) ?? 0) + 1;
    if (count <= often) calls.set(text, count);
    if (count === often) kept += 1;
    return count >= often && kept <= most;
  };
  const known = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      const wrapped = known.get(client) ?? wrap(client, isKept);
      known.set(client, wrapped);
      return wrapped;
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

function wrap(client: PoolClient, isKept: (text: string) => boolean): PostgresPoolClient {
  return Object.assign(Object.create(client) as PostgresPoolClient, {
    query(text: string, values: readonly unknown[]) {
      const named = isKept(text) ? { name: nameOf(text) } : {};
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
