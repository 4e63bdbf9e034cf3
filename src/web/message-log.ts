import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { AttemptsOutcome, ConsentsState } from "../database/tables.ts";

/** Everything kept about one message: a row for each thing that was done to it or reported of it. */
export async function messageLog(database: Database, id: string) {
  const [row, attempts, reports, visits, consent] = await Promise.all([
    restOf(database, id),
    attemptsOf(database, id),
    reportsOf(database, id),
    visitsOf(database, id),
    consentOf(database, id),
  ]);
  return { ...row, states: statesOf(row), attemptList: attempts, reports, visits, consent };
}

type Rest = Awaited<ReturnType<typeof restOf>>;

function restOf(database: Database, id: string) {
  return database
    .selectFrom("messages")
    .select([
      "class",
      "topic",
      "provider",
      "planned_at as plannedAt",
      "due_at as dueAt",
      "expires_at as expiresAt",
      "sent_at as sentAt",
      "accepted_at as acceptedAt",
      "delivered_at as deliveredAt",
      "opened_at as openedAt",
      "clicked_at as clickedAt",
      "bounced_at as bouncedAt",
      "complained_at as complainedAt",
      "unsubscribed_at as unsubscribedAt",
    ])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
}

/** What was reached, in the order of time. */
function statesOf(row: Rest) {
  const reached = [
    { state: "planned", at: row.plannedAt },
    { state: "sent", at: row.sentAt },
    { state: "accepted", at: row.acceptedAt },
    { state: "delivered", at: row.deliveredAt },
    { state: "bounced", at: row.bouncedAt },
    { state: "opened", at: row.openedAt },
    { state: "clicked", at: row.clickedAt },
    { state: "complained", at: row.complainedAt },
    { state: "unsubscribed", at: row.unsubscribedAt },
  ];
  return reached
    .flatMap(({ state, at }) => (at === null ? [] : [{ state, at }]))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

interface Attempt {
  readonly number: number;
  readonly provider: string;
  readonly startedAt: Date;
  readonly outcome: AttemptsOutcome | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly ms: number | null;
  /** The provider's own id of the call. */
  readonly receipt: string | null;
}

async function attemptsOf(database: Database, id: string) {
  const { rows } = await sql<Attempt>`
    select number, provider, started_at as "startedAt", outcome, code, detail,
      round(extract(epoch from finished_at - started_at) * 1000)::int as ms, receipt
    from attempts where message_id = ${id} order by number`.execute(database);
  return rows;
}

function reportsOf(database: Database, id: string) {
  return database
    .selectFrom("reports")
    .select(["provider", "kind", "at", "code", "detail"])
    .where("message_id", "=", id)
    .orderBy("at")
    .limit(100)
    .execute();
}

interface MessageVisit {
  readonly kind: "opened" | "clicked";
  readonly at: Date;
  readonly machine: boolean;
  readonly userAgent: string | null;
  readonly url: string | null;
}

/** Opens and clicks, by people and by machines. */
async function visitsOf(database: Database, id: string): Promise<readonly MessageVisit[]> {
  const { rows } = await sql<MessageVisit>`
    select 'opened' as kind, at, machine, user_agent as "userAgent", null as url from opens where message_id = ${id}
    union all
    select 'clicked', at, machine, user_agent, links.url from clicks join links on links.id = clicks.link_id where message_id = ${id}
    order by at limit 100`.execute(database);
  return rows;
}

interface AllowingConsent {
  readonly channel: string;
  readonly topic: string;
  readonly state: ConsentsState;
  readonly method: string;
  readonly source: string | null;
  readonly occurredAt: Date;
}

/** The line of the ledger of consent that allowed it. */
async function consentOf(database: Database, id: string): Promise<AllowingConsent | null> {
  const { rows } = await sql<AllowingConsent>`
    select c.channel, c.topic, c.state, c.method, c.source, c.occurred_at as "occurredAt"
    from messages m join consents c on c.id = m.consent_id where m.id = ${id}`.execute(database);
  return rows[0] ?? null;
}
