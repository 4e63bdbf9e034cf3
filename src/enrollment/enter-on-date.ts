import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import { type Anniversary, anniversariesBetween } from "./anniversary.ts";
import { zoneFor } from "./due.ts";
import { inRange, meetsStart, openStart } from "./start.ts";
import type { Start } from "../journey/journey.ts";

type DateStart = Extract<Start, { kind: "date" }>;

/** An anniversary for the customers of one zone; null stands for the unknown. */
interface ZonedAnniversary extends Anniversary {
  readonly zone: string | null;
}

const DAY_MS = 86_400_000;

/**
 * Enrols whose birthday came round since the journey last looked, at the local time and the days before or after that
 * the journey names. A run that comes late catches up with the last day. Returns how many entered.
 */
export function enterOnDate(
  database: Database,
  journeyId: number,
  { now, zone }: { readonly now: Date; readonly zone: string },
): Promise<number> {
  return openStart(database, journeyId, "date", now, async (session, version, start) => {
    const dayAgo = new Date(now.getTime() - DAY_MS);
    const last = version.enteredUntil ?? dayAgo;
    const after = last > dayAgo ? last : dayAgo;
    const zones = await zonesOf(session, start);
    const anniversaries = zones.flatMap((customers) =>
      anniversariesBetween(start, after, now, zoneFor(start.zone, customers, zone)).map(
        (anniversary): ZonedAnniversary => ({ ...anniversary, zone: customers }),
      ),
    );
    if (anniversaries.length === 0) return { until: now, entrants: null };
    return {
      until: now,
      entrants: (range) => ({
        from: sql`${asTable(anniversaries)} join customers as customer on ${celebrates(start)}`,
        where: sql`${inRange(range)} and ${meetsStart(version, now)}`,
        key: sql<string>`'date:' || yearly.year`,
        entry: sql`'{}'::jsonb`,
        enteredAt: sql<Date>`${now}::timestamptz`,
      }),
    };
  });
}

/** The zones that matter: none but the named one where the journey names one, else those customers live in. */
async function zonesOf(
  session: Kysely<Tables>,
  start: DateStart,
): Promise<readonly (string | null)[]> {
  if (start.zone !== "customer") return [null];
  const rows = await session
    .selectFrom("customers")
    .select("zone")
    .distinct()
    .where("birthday", "is not", null)
    .execute();
  return rows.map((row) => row.zone);
}

function asTable(anniversaries: readonly ZonedAnniversary[]): RawBuilder<unknown> {
  const column = <K extends keyof ZonedAnniversary>(key: K) => anniversaries.map((one) => one[key]);
  return sql`unnest(${column("zone")}::text[], ${column("month")}::int[], ${column("day")}::int[], ${column("year")}::int[])
    as yearly (zone, month, day, year)`;
}

/** In the shape of the index customers_by_birthday. */
function celebrates({ zone }: DateStart): RawBuilder<boolean> {
  const livesThere =
    zone === "customer" ? sql`customer.zone is not distinct from yearly.zone` : sql`true`;
  return sql<boolean>`extract(month from customer.birthday) = yearly.month::numeric
    and extract(day from customer.birthday) = yearly.day::numeric and ${livesThere}`;
}
