import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { type Person, ownAddresses } from "./person.ts";

/** What a table has of a person, and what erasing them does to it. */
export interface PersonalTable {
  /** Which rows are theirs; the table itself is the alias `t`. */
  readonly rows: (person: Person) => RawBuilder<SqlBool>;
  readonly erasing: "deletes" | Anonymizing;
  /** What a person is given of a row, where it tells of others, too. */
  readonly told?: (person: Person) => RawBuilder<unknown>;
}

/** Rows that figures are made of stay and belong to nobody. */
export interface Anonymizing {
  /** A column takes this value instead. */
  readonly sets: (person: Person, now: Date) => Readonly<Record<string, RawBuilder<unknown>>>;
  /** Columns of text or JSON that stay, since they hold words of journeys and providers, none of the customer's. */
  readonly keeps: readonly string[];
}

const nothing = sql`null`;
const of = (column: string, ids: (person: Person) => readonly string[]) => (person: Person) =>
  sql<SqlBool>`t.${sql.ref(column)} = any(${ids(person)}::bigint[])`;
const customers = of("customer_id", (person) => person.customers);
const enrollments = of("enrollment_id", (person) => person.enrollments);
const messages = of("message_id", (person) => person.messages);
const deleted = (rows: PersonalTable["rows"]): PersonalTable => ({ rows, erasing: "deletes" });

/**
 * Every table, with what it has of a person, or why it has nothing: what `erase` takes away and `export` tells. In the order
 * of erasing: what hangs on a row before the row. A table that is missing here does not compile, and a test compares the
 * columns.
 */
export const personalTables: Readonly<Record<keyof Tables, PersonalTable | string>> = {
  links: {
    rows: of("id", (person) => person.links),
    erasing: {
      sets: () => ({
        url: sql`substring(t.url from '^[a-z]+://[^/?#]+') || '/'`,
        hash: sql`sha256(convert_to('erased ' || t.id, 'UTF8'))`,
      }),
      keeps: [],
    },
  },
  report_inbox: {
    rows: (person) =>
      sql<SqlBool>`t.applied_at is null and exists (select from jsonb_array_elements(t.reports::jsonb) report where ${isAbout(person)})`,
    erasing: {
      sets: (person) => ({
        reports: sql`(select jsonb_agg(case when ${isAbout(person)} then report || '{"from": null, "detail": null, "url": null}' else report end)
          from jsonb_array_elements(t.reports::jsonb) report)`,
      }),
      keeps: ["provider", "unread"],
    },
    told: (person) =>
      sql`jsonb_build_object('provider', t.provider, 'received_at', t.received_at, 'reports',
        (select jsonb_agg(report) from jsonb_array_elements(t.reports::jsonb) report where ${isAbout(person)}))`,
  },
  reports: deleted(messages),
  opens: { rows: messages, erasing: { sets: () => ({ user_agent: nothing }), keeps: [] } },
  clicks: { rows: messages, erasing: { sets: () => ({ user_agent: nothing }), keeps: [] } },
  attempts: {
    rows: messages,
    erasing: {
      sets: () => ({ detail: nothing, receipt: nothing, text_sha256: nothing }),
      keeps: ["provider", "outcome", "code"],
    },
  },
  suppressions: deleted(
    (person) =>
      sql<SqlBool>`(t.channel, t.address) in (select * from unnest(${ownAddresses(person).map(({ channel }) => channel)}::text[],
        ${ownAddresses(person).map(({ address }) => address)}::text[]))`,
  ),
  messages: {
    rows: of("id", (person) => person.messages),
    erasing: {
      sets: () => ({
        customer_id: nothing,
        address: nothing,
        subject: nothing,
        consent_id: nothing,
        fallback: nothing,
        state: sql`case when t.needs = 'delivery' then 'suppressed' else t.state end`,
        // Of one that failed it may hold what the provider said.
        reason: sql`case when t.needs = 'delivery' then 'erased' when t.state in ('suppressed', 'expired') then t.reason end`,
      }),
      keeps: ["step", "channel", "template", "class", "topic", "provider", "needs", "off_course"],
    },
  },
  calls: deleted(enrollments),
  tasks: deleted(enrollments),
  vouchers: {
    rows: enrollments,
    erasing: {
      sets: () => ({ enrollment_id: nothing, redeemed_event_id: nothing }),
      keeps: ["pool", "code", "step"],
    },
  },
  withdrawn_work: deleted(
    ({ enrollments: ids }) =>
      sql<SqlBool>`(t.change_id, t.enrollment_id) in (select change_id, enrollment_id from moved_enrollments where enrollment_id = any(${ids}::bigint[]))`,
  ),
  moved_enrollments: deleted(enrollments),
  split_customers: deleted(customers),
  enrollments: {
    rows: of("id", (person) => person.enrollments),
    erasing: {
      sets: (_, now) => {
        const isOpen = sql`t.state not in ('completed', 'exited')`;
        return {
          customer_id: nothing,
          entry_key: sql`'erased'`,
          entry: sql`'{}'`,
          state: sql`case when ${isOpen} then 'exited' else t.state end`,
          reason: sql`case when ${isOpen} then 'erased' else t.reason end`,
          due_at: nothing,
          awaiting: nothing,
          moved_at: sql`case when ${isOpen} then ${now}::timestamptz else t.moved_at end`,
          finished_at: sql`coalesce(t.finished_at, ${now}::timestamptz)`,
        };
      },
      keeps: ["step", "rounds", "resting_at"],
    },
  },
  segment_members: deleted(customers),
  dead_events: deleted(customers),
  pending_events: deleted(customers),
  events: deleted(customers),
  order_lines: deleted(of("order_id", (person) => person.orders)),
  orders: deleted(of("id", (person) => person.orders)),
  current_consents: deleted(customers),
  consents: deleted(customers),
  identities: deleted(customers),
  customers: deleted(of("id", (person) => person.customers)),
  accounts:
    "companies, of which a customer may be one's last: delete it by SQL where it is a person's name",
  event_keys: "ids that callers gave to events: nobody can tell whose, they go by `keep`",
  erased_addresses: "keyed hashes, so that marketing stays away from erased addresses",
  erasures: "our own numbers of those who were erased",
  erasure_key: "the key of the hashes",
  products: "what is sold",
  api_keys: "keys of programs",
  applied_templates: "names of files",
  call_places: "counts",
  channels: "how channels are",
  claims: "ids of messages that workers have in hand",
  faded: "how far old rows are done",
  heard_events: "names of events",
  imports: "names of files and counts",
  installation: "which database this is",
  journey_versions: "files of operators",
  journeys: "names",
  login_tokens: "operators at the dashboard",
  passages: "counts",
  segments: "names, conditions and counts",
  sessions: "operators at the dashboard",
  split_winners: "counts",
  version_changes: "what operators did",
  voucher_pools: "names",
};

/** The tables that have something, in the order of erasing. */
export const personal: ReadonlyMap<keyof Tables, PersonalTable> = new Map(
  Object.entries(personalTables).flatMap(([table, place]) =>
    typeof place === "string" ? [] : [[table as keyof Tables, place] as const],
  ),
);

/** Whether a report in the inbox, `report`, is about a message of theirs, or a text they wrote. */
function isAbout(person: Person): RawBuilder<SqlBool> {
  const own = ownAddresses(person).map(({ address }) => address);
  return sql<SqlBool>`(report ->> 'from' = any(${own}::text[]) or report ->> 'from' = any(${own.map((address) => `whatsapp:${address}`)}::text[])
    or report ->> 'deliveryId' in (select delivery_id::text from messages where id = any(${person.messages}::bigint[])))`;
}
