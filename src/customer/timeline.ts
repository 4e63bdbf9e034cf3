import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Json, JsonObject } from "./storable.ts";

/** One thing that happened to or with a customer, for a screen: what it was, when, and what more there is to say. */
export interface TimelineEntry {
  readonly kind: "event" | "order" | "message" | "enrollment" | "consent";
  readonly at: Date;
  /** `order_completed`; an order's number; a template; a journey; `email · offers`. */
  readonly title: string;
  /** The state of an order, message, enrollment or consent; null for an event. */
  readonly state: string | null;
  /** The row's own id, for links. */
  readonly id: string;
  readonly detail: JsonObject;
}

/** All that happened to a customer, newest first. `before` goes on from the last entry of an earlier page. */
export async function customerTimeline(
  database: Database,
  customerId: string,
  options: { readonly limit: number; readonly before?: Date | undefined },
): Promise<readonly TimelineEntry[]> {
  const before = options.before ?? null;
  const limit = sql`LIMIT ${options.limit}`;
  const part = (time: string) =>
    sql`customer_id = ${customerId}::bigint AND (${before}::timestamptz IS NULL OR ${sql.ref(time)} < ${before}::timestamptz) ORDER BY ${sql.ref(time)} DESC ${limit}`;
  const { rows } = await sql<Omit<TimelineEntry, "detail"> & { detail: Json }>`
    SELECT * FROM (
      (SELECT 'event' AS kind, occurred_at AS at, name AS title, NULL AS state, id, properties AS detail FROM events WHERE ${part("occurred_at")})
      UNION ALL
      (SELECT 'order', ordered_at, external_id, status, id, jsonb_build_object('total', total, 'currency', currency,
        'lines', (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id)) FROM orders o WHERE ${part("ordered_at")})
      UNION ALL
      (SELECT 'message', coalesce(m.sent_at, m.planned_at), m.template, m.state, m.id, jsonb_build_object('channel', m.channel, 'journey', j.name, 'step', m.step,
        'reason', m.reason, 'subject', m.subject, 'due_at', m.due_at, 'delivered_at', m.delivered_at, 'opened_at', m.opened_at, 'clicked_at', m.clicked_at)
        FROM (SELECT * FROM messages WHERE ${part("planned_at")}) m JOIN journeys j ON j.id = m.journey_id)
      UNION ALL
      (SELECT 'enrollment', e.entered_at, j.name, e.state, e.id, jsonb_build_object('step', e.step, 'reason', e.reason, 'due_at', e.due_at,
        'finished_at', e.finished_at, 'holdout', e.holdout) FROM (SELECT * FROM enrollments WHERE ${part("entered_at")}) e JOIN journeys j ON j.id = e.journey_id)
      UNION ALL
      (SELECT 'consent', occurred_at, channel || ' · ' || topic, state, id, jsonb_build_object('method', method, 'source', source, 'expires_at', expires_at)
        FROM consents WHERE ${part("occurred_at")})
    ) entries ORDER BY at DESC, kind, id DESC ${limit}`.execute(database);
  return rows.map((row) => ({ ...row, detail: row.detail as JsonObject }));
}
