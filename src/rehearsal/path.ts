import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { EnrollmentsState, MessagesState } from "../database/tables.ts";
import type { Players } from "./cast.ts";
import type { Handed } from "./perform.ts";

/** What a message to a customer of a test became. */
export interface PathMessage {
  readonly template: string;
  readonly channel: string;
  readonly state: MessagesState;
  readonly reason: string | null;
  /** When it left, or when it was to. */
  readonly at: Date;
  readonly isSent: boolean;
  readonly subject: string | null;
  readonly text: string;
  readonly enteredAt: Date;
}

export interface PathPassage {
  readonly journey: string;
  readonly state: EnrollmentsState;
  readonly step: string | null;
  readonly reason: string | null;
  readonly enteredAt: Date;
  readonly dueAt: Date | null;
  readonly finishedAt: Date | null;
  readonly movedAt: Date;
  readonly convertedAt: Date | null;
}

/** All that a rehearsal did with one customer. */
export interface Path {
  readonly messages: readonly PathMessage[];
  readonly passages: readonly PathPassage[];
}

/** The paths of a case's customers, by name. What happened after `until` is left out. */
export async function readPaths(
  database: Database,
  players: Players,
  handed: Handed,
): Promise<ReadonlyMap<string, Path>> {
  const ids = [...players.values()].map(({ id }) => id);
  const messages = await messagesOf(database, ids);
  const passages = await passagesOf(database, ids);
  return new Map(
    [...players].map(([name, { id }]) => [
      name,
      {
        messages: messages
          .filter(({ customerId }) => customerId === id)
          .map(({ deliveryId, ...message }) => {
            const outgoing = handed.get(deliveryId);
            const text = [outgoing?.html, outgoing?.text]
              .filter((part) => part !== null)
              .join("\n");
            return { ...message, text };
          }),
        passages: passages.filter(({ customerId }) => customerId === id),
      },
    ]),
  );
}

type MessageRow = Omit<PathMessage, "text"> & {
  readonly customerId: string;
  readonly deliveryId: string;
};

async function messagesOf(
  database: Database,
  ids: readonly string[],
): Promise<readonly MessageRow[]> {
  const { rows } = await sql<MessageRow>`
    select m.customer_id as "customerId", m.delivery_id as "deliveryId", m.template, m.channel, m.state, m.reason, m.subject,
      coalesce(m.sent_at, m.due_at) as at, m.sent_at is not null as "isSent", e.entered_at as "enteredAt"
    from messages m join enrollments e on e.id = m.enrollment_id
    where m.customer_id = any(${ids}::bigint[]) order by at, m.id`.execute(database);
  return rows;
}

type PassageRow = PathPassage & { readonly customerId: string };

async function passagesOf(
  database: Database,
  ids: readonly string[],
): Promise<readonly PassageRow[]> {
  const { rows } = await sql<PassageRow>`
    select e.customer_id as "customerId", j.name as journey, e.state, e.step, e.reason, e.entered_at as "enteredAt",
      e.due_at as "dueAt", e.finished_at as "finishedAt", e.moved_at as "movedAt", e.converted_at as "convertedAt"
    from enrollments e join journeys j on j.id = e.journey_id
    where e.customer_id = any(${ids}::bigint[]) order by e.entered_at, e.id`.execute(database);
  return rows;
}
