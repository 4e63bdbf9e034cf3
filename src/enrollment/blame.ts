import { type Kysely, sql } from "kysely";
import { isOfThisRelease } from "../database/generation.ts";
import { isRefusal, isRowFault } from "../database/sql-state.ts";
import type { Tables } from "../database/tables.ts";

/** Whose a fault is: of one of a set, of all that it has in common, or of nobody there. */
export type Blame = "one" | "all" | "none";

/** The same work, for nobody. It changes nothing. */
export interface Trial {
  /** As it is done for those it failed for. */
  readonly own: () => Promise<unknown>;
  /** As it is done for a journey that asks for nothing in particular. */
  readonly plain: () => Promise<unknown>;
}

/**
 * Whose it is that the database refuses a statement. The worker's, where the tables are of another release than it is; whoever's
 * all statements are, where those that every journey needs are refused, too. What is refused even for nobody is the journey's:
 * something that it alone asks for is gone. Else it hangs on the row, as where a trigger breaks.
 */
export async function blame(transaction: Kysely<Tables>, { own, plain }: Trial): Promise<Blame> {
  if (!(await isOfThisRelease(transaction))) return "none";
  if (await isRefused(transaction, plain)) return "none";
  return (await isRefused(transaction, own)) ? "all" : "one";
}

async function isRefused(
  transaction: Kysely<Tables>,
  work: () => Promise<unknown>,
): Promise<boolean> {
  await sql`savepoint trial`.execute(transaction);
  const failure = await failureOf(work);
  await sql`rollback to savepoint trial`.execute(transaction);
  await sql`release savepoint trial`.execute(transaction);
  if (failure === undefined || isRowFault(failure.error)) return false;
  if (isRefusal(failure.error)) return true;
  throw failure.error;
}

async function failureOf(work: () => Promise<unknown>): Promise<{ error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}
