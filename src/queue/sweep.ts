import { sql } from "kysely";
import { recoverCalls } from "../enrollment/call-ledger.ts";
import { listDue } from "../enrollment/list-due.ts";
import { faultPoint } from "../fault.ts";
import { fallBack } from "../message/fall-back.ts";
import { dueChannels, recoverMessages } from "../message/recover.ts";
import type { Working } from "./engine.ts";

/**
 * Asks Postgres what is due and wakes it, whatever became of its job; and gives back what dead workers held. This is why
 * losing the whole queue is a delay and never a loss.
 */
export async function sweep({ engine, wake }: Working): Promise<void> {
  const { database, clock, config, deliveries } = engine;
  const now = clock.now();
  await recoverMessages(database, now);
  await fallBack(database, now);
  await faultPoint("sweep");
  const due = await listDue(database, now, config.zone);
  if (due.events) await wake.engine("react");
  if (due.enrollments) await wake.engine("advance");
  for (const journeyId of due.starts) await wake.engine("enter", journeyId);
  for (const channel of await dueChannels(database, now))
    if (deliveries.has(channel)) await wake.delivery(channel);
  if (await recoverCalls(database, now)) await wake.engine("call");
  if (due.reports) await wake.engine("apply-reports");
  if ([...deliveries.values()].some(({ carrier }) => carrier.lookUp !== undefined))
    await wake.engine("look-up");
}

/** Months of events that will be needed soon have their partition before the first event comes. */
export async function prepareMonths({ database, clock }: Working["engine"]): Promise<void> {
  const now = clock.now();
  await sql`select ensure_event_months(${now}, ${now}::timestamptz + interval '2 months')`.execute(
    database,
  );
}
