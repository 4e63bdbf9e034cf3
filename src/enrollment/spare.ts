import { type Kysely, type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { isRowFault, sqlStateOf } from "../database/sql-state.ts";
import type { Tables } from "../database/tables.ts";
import { reasonOf } from "../errors.ts";

/** One of a set for whom the work failed, and why, in words that may be shown. */
export interface Culprit<Member> {
  readonly member: Member;
  readonly reason: string;
}

export interface Spared<Member, Result> {
  readonly results: readonly Result[];
  readonly culprits: readonly Culprit<Member>[];
  /** Left alone because the search for culprits had taken too long; nothing was done for them. */
  readonly untried: readonly Member[];
}

/** Failures after which a search ends, so that a transaction stays short whatever the data is like. */
const MOST_FAILURES = 300;

/** Transactions that have no savepoints: in them the first failure ends the whole. */
const bold = new WeakSet<Kysely<Tables>>();

class Fallen extends Error {}

/**
 * A transaction in which `sparing` is used. Nearly always nothing fails, and savepoints are two of every three statements:
 * so it is tried without them, and done anew with them when something did.
 */
export async function boldly<Result>(
  database: Database,
  work: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  try {
    return await database.transaction().execute((transaction) => {
      bold.add(transaction);
      return work(transaction);
    });
  } catch (thrown) {
    if (!(thrown instanceof Fallen)) throw thrown;
    return database.transaction().execute(work);
  }
}

/**
 * Does set-based work so that one member's failure harms no other: work that fails is undone and done again for each
 * half, down to the members it fails for. A failure that is not about a member at all (the statement itself is wrong) makes
 * all of them culprits at once; one that will pass (a lost connection, a deadlock) is thrown on.
 */
export async function sparing<Member, Result>(
  transaction: Kysely<Tables>,
  members: readonly Member[],
  work: (members: readonly Member[]) => Promise<Result>,
): Promise<Spared<Member, Result>> {
  if (bold.has(transaction)) return unspared(members, work);
  const results: Result[] = [];
  const culprits: Culprit<Member>[] = [];
  const open: (readonly Member[])[] = [members];
  let failures = 0;
  while (failures < MOST_FAILURES) {
    const set = open.pop();
    if (set === undefined) break;
    const tried = await inSavepoint(transaction, () => work(set));
    if (tried.kind === "done") {
      results.push(tried.result);
      continue;
    }
    failures += 1;
    if (set.length > 1 && isRowFault(tried.error)) {
      const middle = Math.ceil(set.length / 2);
      open.push(set.slice(middle), set.slice(0, middle));
    } else {
      const reason = shownReason(tried.error);
      culprits.push(...set.map((member) => ({ member, reason })));
    }
  }
  return { results, culprits, untried: open.flat() };
}

async function unspared<Member, Result>(
  members: readonly Member[],
  work: (members: readonly Member[]) => Promise<Result>,
): Promise<Spared<Member, Result>> {
  try {
    return { results: [await work(members)], culprits: [], untried: [] };
  } catch (error) {
    if (willPass(error)) throw error;
    throw new Fallen("a member of the set failed", { cause: error });
  }
}

type Tried<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly error: unknown };

async function inSavepoint<Result>(
  transaction: Kysely<Tables>,
  work: () => Promise<Result>,
): Promise<Tried<Result>> {
  await sql`savepoint spared`.execute(transaction);
  try {
    const result = await work();
    await sql`release savepoint spared`.execute(transaction);
    return { kind: "done", result };
  } catch (error) {
    if (willPass(error)) throw error;
    await sql`rollback to savepoint spared`.execute(transaction);
    return { kind: "failed", error };
  }
}

/** Connection, rollback, resources, locks, an operator's hand, the system: SQLSTATE classes that a retry may get past. */
function willPass(error: unknown): boolean {
  return /^(08|25|40|53|55|57|58|XX)/.test(sqlStateOf(error));
}

/** Postgres quotes the values it chokes on: a reason is kept and shown, so they are left out of it, addresses and numbers too. */
export function shownReason(error: unknown): string {
  return reasonOf(error)
    .replaceAll(/"[^"]*"/g, isRowFault(error) && !sqlStateOf(error).startsWith("23") ? '"…"' : "$&")
    .replaceAll(/\S+@\S+/g, "…")
    .replaceAll(/\+?\d[\d ()-]{5,}\d/g, "…")
    .slice(0, 300);
}
