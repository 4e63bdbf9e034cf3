import { sql } from "kysely";
import { zoneFor } from "./due.ts";
import type { Stage } from "./stage.ts";

/** The enrollments by the zone to reckon in. Few zones, however many customers: due times are worked out once for each. */
export async function byZones(
  { transaction, turn, zones }: Stage,
  named: string,
  ids: readonly string[],
): Promise<readonly (readonly [string, readonly string[]])[]> {
  if (named !== "customer") return [[named, ids]];
  if (zones !== undefined && ids.every((id) => zones.has(id))) {
    const byZone = Map.groupBy(ids, (id) => zoneFor(named, zones.get(id) ?? null, turn.zone));
    return [...byZone];
  }
  const { rows } = await sql<{ zone: string | null; ids: string[] }>`
    select customer.zone, array_agg(enrollment.id) as ids
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[])
    group by customer.zone`.execute(transaction);
  return rows.map((row) => [zoneFor(named, row.zone, turn.zone), row.ids]);
}
