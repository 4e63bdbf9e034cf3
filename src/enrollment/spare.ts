import { type Kysely, type Transaction, sql } from "kysely";
import type { Database } from "../database/database.ts";
import { shownReason } from "../database/shown-reason.ts";
import { isRefusal, isRowFault, sqlStateOf } from "../database/sql-state.ts";
import type { Tables } from "../database/tables.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import type { Blame } from "./blame.ts";

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

/** Whose work it is. */
export interface Owner {
  /** For the log: "journey hello". */
  readonly name: string;
  /** Asked when the database refuses a statement itself. Where nobody can say, it is nobody's here. */
  readonly blame?: () => Promise<Blame>;
}

/**
 * How often a transaction tries anew because something failed, so that it stays short whatever the data is like. Any number
 * of culprits among a thousand is found by it.
 */
const MOST_TRIES = 1_500;
/** As many culprits as there may be, fours need two thirds of the tries that halves do; few culprits need as many. */
const PARTS = 4;

const triesOf = new WeakMap<Kysely<Tables>, number>();

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
 * Does set-based work so that one member's failure harms no other: work that fails is undone and done again for parts of
 * the set, down to the members it fails for. What we refuse ourselves, such as a condition that cannot be asked, all of them
 * have in common and are culprits of at once, as they are of a statement that the database refuses to their owner alone. A fault
 * that no member has is thrown on, and the transaction is undone: a lost connection or a deadlock passes, and a column that is
 * missing, as where an old worker runs beside newer tables, is found by another worker or mended.
 */
export async function sparing<Member, Result>(
  transaction: Kysely<Tables>,
  { name, blame }: Owner,
  members: readonly Member[],
  work: (members: readonly Member[]) => Promise<Result>,
): Promise<Spared<Member, Result>> {
  const undone = (error: unknown) => whoseIs(error, name);
  let answer: Promise<Blame> | undefined;
  const asked = blame && (() => (answer ??= blame()));
  if (bold.has(transaction)) return unspared(members, work, asked).catch(undone);
  const results: Result[] = [];
  const culprits: Culprit<Member>[] = [];
  const open = [members];
  for (let set = open.pop(); set !== undefined; set = open.pop()) {
    const tried = await inSavepoint(transaction, () => work(set), asked).catch(undone);
    if (tried.kind === "done") {
      results.push(tried.result);
    } else if (set.length > 1 && tried.whose === "one") {
      open.push(...inParts(set).toReversed());
    } else {
      const reason = shownReason(tried.error);
      culprits.push(...set.map((member) => ({ member, reason })));
    }
    if (open.length > 0 && !mayTry(transaction)) break;
  }
  return { results, culprits, untried: open.toReversed().flat() };
}

function mayTry(transaction: Kysely<Tables>): boolean {
  const tries = triesOf.get(transaction) ?? 0;
  triesOf.set(transaction, tries + 1);
  return tries < MOST_TRIES;
}

function inParts<Member>(set: readonly Member[]): readonly (readonly Member[])[] {
  const size = Math.ceil(set.length / PARTS);
  return Array.from({ length: Math.ceil(set.length / size) }, (_, nth) =>
    set.slice(nth * size, (nth + 1) * size),
  );
}

async function unspared<Member, Result>(
  members: readonly Member[],
  work: (members: readonly Member[]) => Promise<Result>,
  blame: Owner["blame"],
): Promise<Spared<Member, Result>> {
  try {
    return { results: [await work(members)], culprits: [], untried: [] };
  } catch (error) {
    if (isOfNoMember(error, blame)) throw error;
    throw new Fallen("a member of the set failed", { cause: error });
  }
}

type Tried<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly error: unknown; readonly whose: Blame };

async function inSavepoint<Result>(
  transaction: Kysely<Tables>,
  work: () => Promise<Result>,
  blame: Owner["blame"],
): Promise<Tried<Result>> {
  await sql`savepoint spared`.execute(transaction);
  try {
    const result = await work();
    await sql`release savepoint spared`.execute(transaction);
    return { kind: "done", result };
  } catch (error) {
    if (isOfNoMember(error, blame)) throw error;
    await sql`rollback to savepoint spared`.execute(transaction);
    const whose = await whoseFault(error, blame);
    if (whose === "none") throw error;
    return { kind: "failed", error, whose };
  }
}

async function whoseFault(error: unknown, blame: Owner["blame"]): Promise<Blame> {
  if (error instanceof WaypostError) return "all";
  return isRefusal(error) && blame !== undefined ? blame() : "one";
}

/** Surely: what the database says of the connection, of its state, or of the statement itself where nobody can be asked. */
function isOfNoMember(error: unknown, blame: Owner["blame"]): boolean {
  if (sqlStateOf(error) === "" || isRowFault(error)) return false;
  return blame === undefined || !isRefusal(error);
}

/** Where the statement itself is wrong, and not its moment, it helps to know whose it is. */
function whoseIs(error: unknown, name: string): never {
  if (!/^(0A|26|28|3D|3F|42)/.test(sqlStateOf(error))) throw error;
  throw new WaypostError("WAYPOST_DATABASE", `${name}: ${reasonOf(error)}`, {
    cause: error,
  });
}
