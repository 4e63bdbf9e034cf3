import type { Transaction } from "kysely";
import { asReader } from "../audience/reader.ts";
import type { Database } from "../database/database.ts";
import type { JourneysState, Tables } from "../database/tables.ts";
import { describeStart } from "../journey/describe-journey.ts";
import type { Case } from "./why-case.ts";
import { type Entry, entryOf } from "./why-entry.ts";
import { type Passage, passagesOf } from "./why-passage.ts";

/** Whose trace is wanted, and as of when. */
export interface Asking {
  readonly customerId: string;
  /** Only this journey. */
  readonly journey?: string;
  readonly now: Date;
  /** An earlier moment to go back to. */
  readonly at?: Date;
  /** The shop's zone and its holdout over all journeys, from waypost.yaml. */
  readonly zone: string;
  readonly holdout: number;
}

/** Why a customer is in a journey, or is not, and what happens to them there. */
export interface WhyJourney {
  readonly name: string;
  readonly state: JourneysState;
  readonly version: number;
  readonly start: string;
  readonly entry: Entry;
  /** Newest first. */
  readonly passages: readonly Passage[];
}

export interface Why {
  readonly at: Date;
  readonly journeys: readonly WhyJourney[];
  /** What to bear in mind while reading. */
  readonly notes: readonly string[];
}

/**
 * The trace of one customer through every journey, or one: the conditions in the SQL that decides, with the values they see. Reads
 * by the customer's indexes alone, in a read-only transaction.
 */
export async function why(database: Database, asking: Asking): Promise<Why> {
  const { customerId, now, zone, holdout } = asking;
  const at = asking.at ?? now;
  const rewound = at < now;
  const journeys = await asReader(database, async (session) => {
    const found: WhyJourney[] = [];
    for (const version of await versionsAsked(session, asking.journey)) {
      const one: Case = { session, customerId, version, at, rewound, zone, holdout };
      found.push({
        name: version.journey.name,
        state: version.state,
        version: version.number,
        start: describeStart(version.journey.start),
        entry: await entryOf(one),
        passages: await passagesOf(one),
      });
    }
    return found;
  });
  return { at, journeys, notes: rewound ? rewoundNotes : [] };
}

const rewoundNotes = [
  "Events, orders, consent, memberships and entries are as they were then. Where passages stood is told by the times that are on record.",
  "Fields of the customer and the account, the journey's file and state, and why a message was not sent are as they are now: no history of them is kept.",
];

async function versionsAsked(session: Transaction<Tables>, journey: string | undefined) {
  const rows = await session
    .selectFrom("journeys")
    .innerJoin("journey_versions as version", "version.id", "journeys.version_id")
    .select([
      "version.id",
      "version.journey_id",
      "version.number",
      "version.definition",
      "journeys.state",
      "journeys.created_at",
    ])
    .$if(journey !== undefined, (query) => query.where("journeys.name", "=", journey ?? ""))
    .$if(journey === undefined, (query) => query.where("journeys.state", "<>", "archived"))
    .orderBy("journeys.name")
    .execute();
  return rows.map((row): Case["version"] => ({
    id: row.id,
    journeyId: row.journey_id,
    journey: row.definition as Case["version"]["journey"],
    number: row.number,
    state: row.state,
    createdAt: row.created_at,
  }));
}
