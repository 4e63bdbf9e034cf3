import { type RawBuilder, sql } from "kysely";
import { unknownWord } from "./refusal.ts";
import { customerColumn, existsSql } from "./rows.ts";
import type { Scope } from "./scope.ts";
import { storable } from "./bound-value.ts";

/** Whether the customer is a kept member of the segment: as of its last refresh. */
export function membershipSql(name: string, scope: Scope, wanted: boolean): RawBuilder<boolean> {
  if (scope.segments !== undefined && !scope.segments.includes(name))
    throw unknownWord(`segment ${name}`, "a segment", name, scope.segments);
  const since =
    scope.rewound === true
      ? sql`a_member.entered_at <= ${scope.now} and (a_member.left_at is null or a_member.left_at > ${scope.now})`
      : sql`a_member.left_at is null`;
  return existsSql(
    sql`select from segment_members a_member
        where a_member.segment_id = (select id from segments where name = ${storable(name, "segment")}::text)
          and a_member.customer_id = ${customerColumn(scope, "id")} and ${since}`,
    wanted,
  );
}
