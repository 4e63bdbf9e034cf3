import { sql } from "kysely";
import type { Outgoing } from "../channel/channel.ts";
import type { JourneyFile, SegmentFile } from "../journey/read-project.ts";
import { Arrivals } from "./arrivals.ts";
import { type Copied, copyShop } from "./copy-shop.ts";
import { type Findings, find } from "./findings.ts";
import { textLength } from "../plan/text-segments.ts";
import { openJourneys, segmentsOf } from "./open.ts";
import { type Parts, Rehearsal } from "./rehearsal.ts";
import { replay } from "./replay.ts";
import type { Scratch } from "./scratch.ts";
import { adoptWinners } from "./split-winners.ts";
import type { Props } from "./test-file.ts";

export type ShowProgress = (phase: string, done: number, total: number, note: string) => void;

export interface Backtesting {
  readonly journeys: readonly JourneyFile[];
  readonly segments: readonly SegmentFile[];
  readonly from: Date;
  readonly until: Date;
  /** The past again, as it was; else the days ahead, in which customers do nothing. */
  readonly isHistory: boolean;
  readonly stepMs: number;
  readonly refreshMs: number;
  readonly sample: number | null;
  readonly customers: readonly string[] | null;
  readonly answers: Props["answers"];
}

export interface Backtest {
  readonly from: Date;
  readonly until: Date;
  readonly copied: Copied;
  readonly findings: Findings;
}

/**
 * Plays a stretch of time through journeys: the past as it really was, as if they had been in force then, or the days
 * ahead, from what is in force now. Nothing is sent.
 */
export async function backtest(
  scratch: Scratch,
  make: (onTaken: (message: Outgoing) => void) => Parts,
  backtesting: Backtesting,
  show: ShowProgress,
  stopping: AbortSignal,
): Promise<Backtest> {
  const { journeys, from, until, isHistory } = backtesting;
  const segments = segmentsOf(journeys, backtesting.segments);
  const { database } = scratch;
  await scratch.prepareMonths(await firstMonth(scratch, from), until);
  const isUnderway = !isHistory;
  const seen = isHistory ? until : from;
  const copying = {
    ...backtesting,
    segments,
    until: seen,
    isUnderway,
    tellOrdersSince: isHistory ? from : null,
  };
  const copied = await copyShop(scratch, copying, (table, rows) =>
    show("copying", 0, 1, `${rows} ${table}`),
  );
  const texts = new Map<string, number>();
  const parts = make(({ channel, deliveryId, text }) => {
    if (channel === "sms") texts.set(deliveryId, textLength(text).segments);
  });
  const rehearsal = new Rehearsal(scratch, parts, from, stopping, backtesting.answers);
  const arrivals = new Arrivals(
    database,
    journeys.map(({ journey }) => journey),
  );
  // Who is known now is there from the beginning of the days ahead, down to what was agreed to this minute.
  const known = isHistory ? from : until;
  await arrivals.letIn(new Date(0), known, (kind) => kind !== "events");
  await sql`analyze customers, consents, current_consents`.execute(database);
  await openJourneys(rehearsal, journeys, segments, () => adoptWinners(database));
  const { stepMs, refreshMs } = backtesting;
  const total = until.getTime() - from.getTime();
  await replay(rehearsal, {
    until,
    starts: journeys.map(({ journey }) => journey.start),
    stepMs,
    refreshMs,
    arrivals: isHistory ? arrivals : null,
    onStep: (now) =>
      show(now.toISOString().slice(0, 10), now.getTime() - from.getTime(), total, ""),
  });
  const { config } = parts;
  const prices = Object.fromEntries(
    Object.entries(config.channels).map(([name, { price }]) => [name, price]),
  );
  const findings = await find(database, { from, until, zone: config.zone, prices, texts });
  return { from, until, copied, findings };
}

/** Events are kept by months; two years before the beginning are enough to make months for. */
async function firstMonth({ database, real }: Scratch, from: Date): Promise<Date> {
  const earliest = new Date(from.getTime() - 2 * 366 * 86_400_000);
  const { rows } = await sql<{ first: Date | null }>`
    select min(occurred_at) as first from ${sql.id(real, "events")} where occurred_at > ${earliest}`.execute(
    database,
  );
  return rows[0]?.first ?? from;
}
