import { type Kysely, type RawBuilder, type Transaction, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { Start } from "../journey/journey.ts";
import { type IdRange, inChunks } from "./chunk.ts";
import { type Entrants, enter } from "./enter.ts";
import type { Moment } from "./enrollment.ts";
import { whenAlone } from "../database/lock.ts";
import { type Enrolling, getEnrolling } from "./version.ts";

type StartOf<Kind extends Start["kind"]> = Extract<Start, { kind: Kind }>;

/** What a start has to let in now: everybody `entrants` finds, up to an instant that is then noted. */
export interface Opening {
  readonly until: Date;
  /** Null when it is nobody's turn until then. */
  readonly entrants: ((range: IdRange) => Entrants) | null;
}

/**
 * Lets an audience of any size into a journey that starts by itself, in chunks. One process at a time does so for a
 * journey; a killed one leaves the chunks it committed, and the next run does them again without effect. A journey that
 * is not active, or that starts otherwise, enrols nobody.
 */
export async function openStart<Kind extends Start["kind"]>(
  database: Database,
  journeyId: number,
  kind: Kind,
  moment: Omit<Moment, "zone">,
  opening: (
    session: Kysely<Tables>,
    version: Enrolling,
    start: StartOf<Kind>,
  ) => Promise<Opening | undefined>,
): Promise<number> {
  const entered = await whenAlone(database, `enter:${journeyId}`, async (session) => {
    const version = await getEnrolling(session, journeyId);
    const { start } = version.journey;
    if (version.state !== "active" || !isKind(start, kind)) return 0;
    const open = await opening(session, version, start);
    if (open === undefined) return 0;
    const { entrants } = open;
    const total =
      entrants === null
        ? 0
        : await inChunks(session, (transaction, range) =>
            enterUnlessChanged(transaction, version, entrants(range), moment),
          );
    await noteEntered(session, version, open.until);
    return total;
  });
  return entered ?? 0;
}

/** `if:` of a start, on customers alone. */
export function meetsStart({ journey }: Enrolling, now: Date): RawBuilder<boolean> {
  const condition = journey.start.if;
  if (condition === null) return sql<boolean>`true`;
  return conditionSql(condition, { now, journey: journey.name, customers: "many" });
}

export function inRange({ after, until }: IdRange): RawBuilder<boolean> {
  return sql<boolean>`customer.id > ${after}::bigint and customer.id <= ${until}::bigint`;
}

function isKind<Kind extends Start["kind"]>(start: Start, kind: Kind): start is StartOf<Kind> {
  return start.kind === kind;
}

/** Paused, archived or applied anew since the first chunk: the rest stays out. */
async function enterUnlessChanged(
  transaction: Transaction<Tables>,
  version: Enrolling,
  entrants: Entrants,
  moment: Omit<Moment, "zone">,
): Promise<number> {
  const current = await getEnrolling(transaction, version.journeyId);
  if (current.state !== "active" || current.id !== version.id) return 0;
  return enter(transaction, version, entrants, moment);
}

async function noteEntered(
  session: Kysely<Tables>,
  version: Enrolling,
  until: Date,
): Promise<void> {
  await session
    .updateTable("journeys")
    .set({ entered_until: until })
    .where("id", "=", version.journeyId)
    .where("state", "=", "active")
    .where("version_id", "=", version.id)
    .execute();
}
