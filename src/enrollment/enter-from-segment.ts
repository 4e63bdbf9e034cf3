import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { Start } from "../journey/journey.ts";
import type { Moment } from "./enrollment.ts";
import { type Opening, inRange, meetsStart } from "./start.ts";
import type { Enrolling } from "./version.ts";

type SegmentStart = Extract<Start, { kind: "segment" }>;

/**
 * Lets in who came into the journey's segment since it last looked, and is still in it; or, with `when: left`, who went out
 * and is still out. Since the journey was applied, or with `backfill` all who are members.
 */
export async function openSegment(
  session: Kysely<Tables>,
  version: Enrolling,
  start: SegmentStart,
  { now }: Pick<Moment, "now">,
): Promise<Opening | undefined> {
  const after = version.enteredUntil ?? new Date(0);
  const newest = await newestChange(session, start, after, now);
  if (newest === undefined) return undefined;
  const at = changeOf(start);
  return {
    until: newest,
    entrants: (range) => ({
      from: sql`segment_members as member join customers as customer on customer.id = member.customer_id`,
      where: sql`${isOf(start)} and ${at} > ${after} and ${at} <= ${newest} and ${isStillSo(start)}
        and ${inRange(range)} and ${meetsStart(version, now)}`,
      key: sql<string>`${start.when === "left" ? "left:" : "segment:"}::text || extract(epoch from ${at})`,
      entry: sql`'{}'::jsonb`,
      enteredAt: sql<Date>`${now}::timestamptz`,
      owedAt: at,
    }),
  };
}

/** Whether somebody came in, or went out, in (after, now]. */
export async function hasChanged(
  database: Kysely<Tables>,
  start: SegmentStart,
  after: Date,
  now: Date,
): Promise<boolean> {
  const at = changeOf(start);
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from segment_members member where ${isOf(start)} and ${at} > ${after} and ${at} <= ${now}
    ) as found`.execute(database);
  return rows[0]?.found === true;
}

/** Members of one refresh share their time of entry, or of leaving, and change at once, so this is an exact mark. */
async function newestChange(
  session: Kysely<Tables>,
  start: SegmentStart,
  after: Date,
  now: Date,
): Promise<Date | undefined> {
  const at = changeOf(start);
  const { rows } = await sql<{ newest: Date | null }>`
    select max(${at}) as newest from segment_members member
    where ${isOf(start)} and ${at} > ${after} and ${at} <= ${now}`.execute(session);
  return rows[0]?.newest ?? undefined;
}

function changeOf({ when }: SegmentStart): RawBuilder<Date> {
  return when === "left" ? sql`member.left_at` : sql`member.entered_at`;
}

/** A segment whose file is gone has no members, but nobody left it. */
function isOf({ segment }: SegmentStart): RawBuilder<boolean> {
  return sql`member.segment_id = (select id from segments where name = ${segment} and removed_at is null)`;
}

function isStillSo({ when }: SegmentStart): RawBuilder<boolean> {
  if (when === "entered") return sql`member.left_at is null`;
  return sql`not exists (select from segment_members back where back.segment_id = member.segment_id
    and back.customer_id = member.customer_id and back.left_at is null)`;
}
