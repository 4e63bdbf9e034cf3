import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { type Click, writeClicks } from "./clicks.ts";
import type { ToldReport } from "./matching.ts";
import { type Open, recordOpens } from "./opens.ts";

/**
 * Opens and clicks that a provider saw, counted like our own. A click on a URL that we know is a click on that link; any
 * other still marks the message as clicked.
 */
export async function recordReportedVisits(
  transaction: Database,
  told: readonly ToldReport[],
): Promise<void> {
  const opened = told.filter(({ report }) => report.kind === "opened");
  const clicked = told.filter(({ report }) => report.kind === "clicked");
  if (opened.length > 0) await recordOpens(transaction, opened.flatMap(visitOf));
  if (clicked.length > 0) await recordReportedClicks(transaction, clicked);
}

async function recordReportedClicks(
  transaction: Database,
  clicked: readonly ToldReport[],
): Promise<void> {
  const links = await findLinks(
    transaction,
    clicked.map(({ report }) => report.url ?? ""),
  );
  const clicks: Click[] = [];
  const elsewhere: Open[] = [];
  for (const one of clicked) {
    const linkId = links.get(one.report.url ?? "");
    for (const visit of visitOf(one)) {
      if (linkId !== undefined) clicks.push({ ...visit, linkId });
      else if (!visit.machine) elsewhere.push(visit);
    }
  }
  if (clicks.length > 0) await writeClicks(transaction, clicks);
  await sql`
    update messages set clicked_at = least(messages.clicked_at, told.at)
    from unnest(${elsewhere.map((visit) => visit.deliveryId)}::uuid[], ${elsewhere.map((visit) => visit.at)}::timestamptz[]) as told (delivery_id, at)
    where messages.delivery_id = told.delivery_id`.execute(transaction);
}

function visitOf({ message, report }: ToldReport): Open[] {
  if (message === null) return [];
  const { machine } = report;
  return [{ deliveryId: message.deliveryId, at: new Date(report.at), machine, userAgent: null }];
}

async function findLinks(
  transaction: Database,
  urls: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ url: string; id: string }>`
    select url, id from links
    where hash in (select sha256(convert_to(given, 'UTF8')) from unnest(${urls}::text[]) as given)`.execute(
    transaction,
  );
  return new Map(rows.map(({ url, id }) => [url, id]));
}
