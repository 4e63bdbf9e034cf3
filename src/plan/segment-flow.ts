import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Start } from "../journey/journey.ts";
import { type Asked, predicate } from "./audience.ts";
import { within } from "./budget.ts";

export type SegmentStart = Extract<Start, { kind: "segment" }>;

/** How many customers came into the segment (or left it) a day over the last thirty, its first filling apart. Null: too many to tell in time. */
export async function segmentFlow(
  database: Database,
  start: SegmentStart,
  asked: Asked,
): Promise<number | null> {
  const since = new Date(asked.now.getTime() - 30 * 86_400_000);
  const moment = sql.ref(start.when === "left" ? "member.left_at" : "member.entered_at");
  const rows = await within(database, asked.limitMs, async (session) => {
    const query = sql<{ customers: string }>`
      with segment as (
        select id, (select min(entered_at) from segment_members where segment_id = segments.id) as filled_at
        from segments where name = ${start.segment}
      )
      select count(*) as customers
      from segment join segment_members as member on member.segment_id = segment.id
      join customers as customer on customer.id = member.customer_id
      where ${moment} > greatest(${since}, segment.filled_at) and ${moment} <= ${asked.now}
        and ${predicate(start.if ?? { kind: "all", of: [] }, asked, "many")}`;
    return (await query.execute(session)).rows;
  });
  return rows === undefined ? null : Number(rows[0]?.customers ?? 0) / 30;
}
