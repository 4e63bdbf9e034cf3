import { sql } from "kysely";
import type { Report } from "../../src/channel/channel.ts";
import type { Database } from "../../src/database/database.ts";
import type { NewRow, Row } from "../../src/database/tables.ts";
import { createTokens } from "../../src/tracking/tokens.ts";
import { receiveReports } from "../../src/tracking/report-inbox.ts";
import { type AppliedReports, applyReports } from "../../src/tracking/reports.ts";
import { trackingUrls } from "../../src/tracking/urls.ts";
import { later, monday } from "../support/people.ts";

const secrets = ["the secret of this shop, long enough to be one"];
export const tokens = createTokens(secrets);
export const urls = trackingUrls("https://mail.example", secrets);

export const phone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

/** The token at the end of one of our URLs. */
export function tokenIn(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

let count = 0;

/** A message to a customer that was sent on Monday noon, in a journey of its own unless one is given. */
export async function aMessage(
  database: Database,
  customerId: string,
  given: Partial<NewRow<"messages">> = {},
): Promise<Row<"messages">> {
  count += 1;
  const { rows } = await sql<{ journey_id: number; version_id: number; enrollment_id: string }>`
    with journey as (
      insert into journeys (name, created_at, changed_at) values (${`journey-${count}`}, ${monday}, ${monday}) returning id
    ), version as (
      insert into journey_versions (journey_id, number, definition, source, file, hash, applied_at)
      select id, 1, '{}', '', 'journey.yaml', 'x', ${monday} from journey returning id, journey_id
    )
    insert into enrollments (journey_id, version_id, customer_id, entry_key, step, state, entered_at, moved_at)
    select journey_id, id, ${customerId}, 'once', 'hello', 'waiting', ${monday}::timestamptz, ${monday}::timestamptz from version
    returning journey_id, version_id, id as enrollment_id`.execute(database);
  const [enrollment] = rows;
  if (enrollment === undefined) throw new Error("no enrollment");
  return database
    .insertInto("messages")
    .values({
      ...enrollment,
      customer_id: customerId,
      step: "hello",
      channel: "email",
      template: "hello",
      class: "marketing",
      topic: "offers",
      state: "accepted",
      attempts: 1,
      provider: "pigeon",
      address: "ada@example.com",
      due_at: monday,
      planned_at: monday,
      sent_at: monday,
      expires_at: later(monday, { days: 1 }),
      ...given,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Its first call to the provider. */
export async function anAttempt(
  database: Database,
  message: Row<"messages">,
  given: Partial<NewRow<"attempts">> = {},
): Promise<void> {
  const call = { message_id: message.id, number: 1, provider: "pigeon" };
  await database
    .insertInto("attempts")
    .values({ ...call, started_at: monday, ...given })
    .execute();
}

/** A message that waits for its time. */
export function aPlannedMessage(
  database: Database,
  customerId: string,
  given: Partial<NewRow<"messages">> = {},
): Promise<Row<"messages">> {
  const unsent = { state: "planned", attempts: 0, sent_at: null, address: null } as const;
  return aMessage(database, customerId, { ...unsent, ...given });
}

export async function messageNow(database: Database, id: string): Promise<Row<"messages">> {
  return database.selectFrom("messages").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

/** Something a provider says happened a minute after Monday noon. */
export function aReport(given: Partial<Report> & Pick<Report, "kind">): Report {
  count += 1;
  return {
    eventId: `event-${count}`,
    deliveryId: null,
    receipt: null,
    at: later(monday, { minutes: 1 }),
    from: null,
    code: null,
    detail: null,
    url: null,
    machine: false,
    ...given,
  };
}

/** The provider "pigeon" reports, and the reports are applied. */
export async function report(
  database: Database,
  ...reports: readonly Report[]
): Promise<AppliedReports> {
  await receiveReports(database, "pigeon", { reports, unread: [] }, monday);
  return applyReports(database, later(monday, { hours: 1 }), 100);
}

/** What the ledger says of a customer, in the order it was said. */
export async function consentsOf(database: Database, customerId: string) {
  return database
    .selectFrom("consents")
    .select(["channel", "topic", "state", "method"])
    .where("customer_id", "=", customerId)
    .orderBy("id")
    .execute();
}
