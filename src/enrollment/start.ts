import { type Kysely, type RawBuilder, sql } from "kysely";
import { conditionSql } from "../audience/condition-sql.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { type IdRange, inChunks } from "./chunk.ts";
import { type Entrants, enterAtOnce } from "./enter.ts";
import type { Moment } from "./enrollment.ts";
import { whenAlone } from "../database/lock.ts";
import { type Enrolling, getEnrolling } from "./version.ts";

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
export async function openStart(
  database: Database,
  journeyId: number,
  moment: Omit<Moment, "zone">,
  openingOf: (session: Kysely<Tables>, version: Enrolling) => Promise<Opening | undefined>,
): Promise<number> {
  const entered = await whenAlone(database, `enter:${journeyId}`, async (session) => {
    const version = await getEnrolling(session, journeyId);
    const open = version.state === "active" ? await openingOf(session, version) : undefined;
    if (open === undefined) return 0;
    const { entrants } = open;
    const total =
      entrants === null
        ? 0
        : await inChunks(session, (range) =>
            enterAtOnce(session, version, unlessChanged(version, entrants(range)), moment),
          );
    await noteEntered(session, version, open.until);
    return total;
  });
  return entered ?? 0;
}

/** `if:` of a start, on customers alone; of how many it is asked decides how it is worked out. */
export function meetsStart(
  { journey }: Enrolling,
  now: Date,
  customers: "few" | "many" = "many",
): RawBuilder<boolean> {
  const condition = journey.start.if;
  if (condition === null) return sql<boolean>`true`;
  return conditionSql(condition, { now, journey: journey.name, customers });
}

export function inRange({ after, until }: IdRange): RawBuilder<boolean> {
  return sql<boolean>`customer.id > ${after}::bigint and customer.id <= ${until}::bigint`;
}

/** Paused, archived or applied anew since the first chunk: the rest stays out. */
function unlessChanged({ id, journeyId }: Enrolling, entrants: Entrants): Entrants {
  const isSame = sql`exists (select from journeys here
    where here.id = ${journeyId} and here.version_id = ${id} and here.state = 'active')`;
  return { ...entrants, where: sql`${entrants.where} and ${isSame}` };
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
