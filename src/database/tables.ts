// Written by `npm run schema` from the migrated database. A test compares them.
import type { ColumnType, GeneratedAlways, Insertable, Selectable } from "kysely";

/** bigint: a string when read, so that no digit is lost. */
type Bigint = ColumnType<string, string | number | bigint, string | number | bigint>;
type Numeric = ColumnType<string, string | number, string | number>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** jsonb: parsed when read; written as `JSON.stringify(…)`, since the driver would make an array a Postgres array. */
type Json = ColumnType<unknown, string, string>;
type Defaulted<T> =
  T extends ColumnType<infer S, infer I, infer U>
    ? ColumnType<S, I | undefined, U>
    : ColumnType<T, T | undefined, T>;

/** A row as it is read, and as it is written: `Row<"customers">`. */
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
export type NewRow<Table extends keyof Tables> = Insertable<Tables[Table]>;

/** What this code was written for (generation.ts). */
export const newestMigration = "0059_plain_inbox.sql";

export interface Tables {
  accounts: AccountsTable;
  api_keys: ApiKeysTable;
  applied_templates: AppliedTemplatesTable;
  attempts: AttemptsTable;
  call_places: CallPlacesTable;
  calls: CallsTable;
  channels: ChannelsTable;
  claims: ClaimsTable;
  clicks: ClicksTable;
  consents: ConsentsTable;
  current_consents: CurrentConsentsTable;
  customers: CustomersTable;
  dead_events: DeadEventsTable;
  enrollments: EnrollmentsTable;
  erased_addresses: ErasedAddressesTable;
  erasure_key: ErasureKeyTable;
  erasures: ErasuresTable;
  event_keys: EventKeysTable;
  events: EventsTable;
  faded: FadedTable;
  heard_events: HeardEventsTable;
  identities: IdentitiesTable;
  imports: ImportsTable;
  installation: InstallationTable;
  journey_versions: JourneyVersionsTable;
  journeys: JourneysTable;
  links: LinksTable;
  login_tokens: LoginTokensTable;
  messages: MessagesTable;
  moved_enrollments: MovedEnrollmentsTable;
  opens: OpensTable;
  order_lines: OrderLinesTable;
  orders: OrdersTable;
  passages: PassagesTable;
  pending_events: PendingEventsTable;
  products: ProductsTable;
  report_inbox: ReportInboxTable;
  reports: ReportsTable;
  segment_members: SegmentMembersTable;
  segments: SegmentsTable;
  sessions: SessionsTable;
  split_customers: SplitCustomersTable;
  split_winners: SplitWinnersTable;
  suppressions: SuppressionsTable;
  tasks: TasksTable;
  version_changes: VersionChangesTable;
  voucher_pools: VoucherPoolsTable;
  vouchers: VouchersTable;
  withdrawn_work: WithdrawnWorkTable;
}

export type AttemptsOutcome = "accepted" | "later" | "refused" | "unknown" | "misconfigured";

export type CallsState = "planned" | "claimed" | "answered" | "failed" | "retry" | "withdrawn";

export type ConsentsState = "granted" | "withdrawn";

export type EnrollmentsState = "entered" | "waiting" | "completed" | "exited" | "held";

export type ErasedAddressesReason =
  | "bounced"
  | "complained"
  | "invalid"
  | "unsubscribed"
  | "operator"
  | "erased";

export type JourneysState = "active" | "paused" | "archived";

export type MessagesClass = "marketing" | "transactional";

export type MessagesState =
  | "planned"
  | "sending"
  | "accepted"
  | "delivered"
  | "bounced"
  | "suppressed"
  | "expired"
  | "failed"
  | "retry"
  | "unknown";

export type OrdersStatus = "completed" | "returned" | "cancelled" | "adjusted";

export type SuppressionsReason =
  | "bounced"
  | "complained"
  | "invalid"
  | "unsubscribed"
  | "operator"
  | "erased";

export type TasksState = "open" | "done" | "timed_out" | "withdrawn";

export type VersionChangesKind = "applied" | "rolled back";

export type WithdrawnWorkKind = "message" | "call" | "task";

interface AccountsTable {
  id: GeneratedAlways<string>;
  external_id: string;
  name: string | null;
  domain: string | null;
  industry: string | null;
  employees: number | null;
  country: string | null;
  attributes: Defaulted<Json>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

interface ApiKeysTable {
  id: GeneratedAlways<number>;
  name: string;
  hash: Buffer;
  created_at: Timestamp;
  revoked_at: Timestamp | null;
}

interface AppliedTemplatesTable {
  file: string;
  hash: string;
  noted_at: Timestamp;
}

interface AttemptsTable {
  message_id: Bigint;
  number: number;
  provider: string;
  started_at: Timestamp;
  finished_at: Timestamp | null;
  outcome: AttemptsOutcome | null;
  code: string | null;
  detail: string | null;
  receipt: string | null;
  opened_at: Timestamp | null;
  text_sha256: Buffer | null;
}

interface CallPlacesTable {
  channel: string;
  free_at: Timestamp;
  places: number;
}

interface CallsTable {
  id: GeneratedAlways<string>;
  call_id: Defaulted<string>;
  enrollment_id: Bigint;
  journey_id: number;
  version_id: number;
  step: string;
  occurrence: number;
  body: Json | null;
  state: Defaulted<CallsState>;
  reason: string | null;
  due_at: Timestamp;
  expires_at: Timestamp;
  planned_at: Timestamp;
  fence: Defaulted<Bigint>;
  lease_until: Timestamp | null;
  attempts: Defaulted<number>;
  status: number | null;
  answer: Json | null;
  finished_at: Timestamp | null;
}

interface ChannelsTable {
  name: string;
  provider: string;
  throttled_until: Timestamp | null;
  paused_at: Timestamp | null;
  reason: string | null;
  changed_at: Timestamp;
  resumed_at: Timestamp | null;
}

interface ClaimsTable {
  id: string;
  channel: string;
  messages: string[];
  lease_until: Timestamp;
}

interface ClicksTable {
  id: GeneratedAlways<string>;
  message_id: Bigint;
  link_id: Bigint;
  at: Timestamp;
  machine: boolean;
  user_agent: string | null;
}

interface ConsentsTable {
  id: GeneratedAlways<string>;
  customer_id: Bigint;
  channel: string;
  topic: string;
  state: ConsentsState;
  method: string;
  source: string | null;
  text_version: string | null;
  ip: string | null;
  actor: string | null;
  occurred_at: Timestamp;
  expires_at: Timestamp | null;
}

interface CurrentConsentsTable {
  customer_id: Bigint;
  channel: string;
  topic: string;
  state: string;
  consent_id: Bigint;
  occurred_at: Timestamp;
  expires_at: Timestamp | null;
}

interface CustomersTable {
  id: GeneratedAlways<string>;
  external_id: string | null;
  account_id: Bigint | null;
  email: string | null;
  phone: string | null;
  first_name: string | null;
  last_name: string | null;
  locale: string | null;
  zone: string | null;
  country: string | null;
  city: string | null;
  postcode: string | null;
  birthday: string | null;
  attributes: Defaulted<Json>;
  created_at: Timestamp;
  updated_at: Timestamp;
  merged_into: Bigint | null;
}

interface DeadEventsTable {
  id: GeneratedAlways<string>;
  journey_id: number | null;
  version_id: number | null;
  event_id: Bigint;
  customer_id: Bigint;
  name: string;
  occurred_at: Timestamp;
  properties: Json;
  reason: string;
  died_at: Timestamp;
  replayed_at: Timestamp | null;
}

interface EnrollmentsTable {
  id: GeneratedAlways<string>;
  journey_id: number;
  version_id: number;
  customer_id: Bigint | null;
  entry_key: string;
  state: Defaulted<EnrollmentsState>;
  step: string | null;
  due_at: Timestamp | null;
  awaiting: string | null;
  reason: string | null;
  entry: Defaulted<Json>;
  holdout: Defaulted<boolean>;
  entered_at: Timestamp;
  moved_at: Timestamp;
  finished_at: Timestamp | null;
  converted_at: Timestamp | null;
  conversion_value: Numeric | null;
  rounds: Json | null;
  resting_at: string | null;
  awaiting_since: Timestamp | null;
  owed_at: Timestamp | null;
  reached_before: boolean | null;
}

interface ErasedAddressesTable {
  hash: Buffer;
  channel: string;
  reason: ErasedAddressesReason;
  erased_at: Timestamp;
}

interface ErasureKeyTable {
  is_only: Defaulted<boolean>;
  sealed: Buffer;
}

interface ErasuresTable {
  customer_id: Bigint;
  erased_at: Timestamp;
}

interface EventKeysTable {
  key: string;
  received_at: Timestamp;
}

interface EventsTable {
  id: Defaulted<Bigint>;
  customer_id: Bigint;
  name: string;
  occurred_at: Timestamp;
  received_at: Timestamp;
  properties: Defaulted<Json>;
}

interface FadedTable {
  what: string;
  until: Bigint;
}

interface HeardEventsTable {
  name: string;
}

interface IdentitiesTable {
  kind: string;
  value: string;
  customer_id: Bigint;
  seen_at: Timestamp;
}

interface ImportsTable {
  id: GeneratedAlways<string>;
  kind: string;
  file: string;
  rows: Bigint;
  rejected: Bigint;
  inserted: Bigint;
  updated: Bigint;
  started_at: Timestamp;
  finished_at: Timestamp;
}

interface InstallationTable {
  is_only: Defaulted<boolean>;
  id: Defaulted<string>;
  system: string | null;
  database_oid: Bigint;
  timeline: string | null;
  beat: Defaulted<Bigint>;
  beat_at: Defaulted<Timestamp>;
  restored_at: Timestamp | null;
  restored_why: string | null;
  sent_until: Timestamp | null;
}

interface JourneyVersionsTable {
  id: GeneratedAlways<number>;
  journey_id: number;
  number: number;
  definition: Json;
  source: string;
  file: string;
  hash: string;
  applied_at: Timestamp;
}

interface JourneysTable {
  id: GeneratedAlways<number>;
  name: string;
  state: Defaulted<JourneysState>;
  version_id: number | null;
  entered_until: Timestamp | null;
  created_at: Timestamp;
  changed_at: Timestamp;
}

interface LinksTable {
  id: GeneratedAlways<string>;
  url: string;
  hash: Buffer;
}

interface LoginTokensTable {
  hash: Buffer;
  created_at: Timestamp;
  expires_at: Timestamp;
  used_at: Timestamp | null;
}

interface MessagesTable {
  id: GeneratedAlways<string>;
  delivery_id: Defaulted<string>;
  enrollment_id: Bigint;
  journey_id: number;
  version_id: number;
  customer_id: Bigint | null;
  step: string;
  channel: string;
  occurrence: Defaulted<number>;
  template: string;
  class: MessagesClass;
  topic: string | null;
  state: Defaulted<MessagesState>;
  reason: string | null;
  due_at: Timestamp;
  expires_at: Timestamp;
  planned_at: Timestamp;
  attempts: Defaulted<number>;
  strikes: Defaulted<number>;
  provider: string | null;
  address: string | null;
  subject: string | null;
  consent_id: Bigint | null;
  sent_at: Timestamp | null;
  accepted_at: Timestamp | null;
  delivered_at: Timestamp | null;
  bounced_at: Timestamp | null;
  opened_at: Timestamp | null;
  clicked_at: Timestamp | null;
  complained_at: Timestamp | null;
  unsubscribed_at: Timestamp | null;
  fallback: string[] | null;
  priority: Defaulted<number>;
  claim_id: string | null;
  needs: GeneratedAlways<string>;
  off_course: GeneratedAlways<string>;
}

interface MovedEnrollmentsTable {
  change_id: Bigint;
  enrollment_id: Bigint;
  from_version_id: number;
  from_state: string;
  from_step: string;
  from_due_at: Timestamp | null;
  from_awaiting: string | null;
  from_reason: string | null;
  from_moved_at: Timestamp;
  to_state: string;
  to_step: string;
  to_due_at: Timestamp | null;
  to_awaiting: string | null;
  brought_back_at: Timestamp | null;
  from_reached_before: boolean | null;
}

interface OpensTable {
  id: GeneratedAlways<string>;
  message_id: Bigint;
  at: Timestamp;
  machine: boolean;
  user_agent: string | null;
}

interface OrderLinesTable {
  order_id: Bigint;
  line: number;
  product_id: Bigint | null;
  quantity: Numeric;
  unit_price: Numeric;
  attributes: Defaulted<Json>;
}

interface OrdersTable {
  id: GeneratedAlways<string>;
  external_id: string;
  customer_id: Bigint;
  ordered_at: Timestamp;
  status: Defaulted<OrdersStatus>;
  total: Numeric;
  currency: string;
  attributes: Defaulted<Json>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

interface PassagesTable {
  version_id: number;
  step: string;
  next: string;
  customers: Bigint;
}

interface PendingEventsTable {
  id: GeneratedAlways<string>;
  event_id: Bigint;
  customer_id: Bigint;
  name: string;
  occurred_at: Timestamp;
  properties: Json;
}

interface ProductsTable {
  id: GeneratedAlways<string>;
  external_id: string;
  name: string | null;
  category: string | null;
  price: Numeric | null;
  currency: string | null;
  url: string | null;
  attributes: Defaulted<Json>;
  created_at: Timestamp;
  updated_at: Timestamp;
}

interface ReportInboxTable {
  id: GeneratedAlways<string>;
  provider: string;
  received_at: Timestamp;
  reports: Json;
  unread: Defaulted<Json>;
  applied_at: Timestamp | null;
  size: GeneratedAlways<number>;
}

interface ReportsTable {
  provider: string;
  event_id: string;
  message_id: Bigint | null;
  kind: string;
  at: Timestamp;
  code: string | null;
  detail: string | null;
  received_at: Timestamp;
  attempt: number | null;
}

interface SegmentMembersTable {
  segment_id: number;
  customer_id: Bigint;
  entered_at: Timestamp;
  left_at: Timestamp | null;
}

interface SegmentsTable {
  id: GeneratedAlways<number>;
  name: string;
  describe: string | null;
  condition: Json;
  file: string;
  size: Defaulted<Bigint>;
  refreshed_at: Timestamp | null;
  refresh_ms: number | null;
  failure: string | null;
  removed_at: Timestamp | null;
}

interface SessionsTable {
  hash: Buffer;
  created_at: Timestamp;
  expires_at: Timestamp;
}

interface SplitCustomersTable {
  journey_id: number;
  step: string;
  customer_id: Bigint;
  enrollment_id: Bigint;
  arm: string;
  assigned_at: Timestamp;
}

interface SplitWinnersTable {
  journey_id: number;
  step: string;
  arm: string;
  decided_at: Timestamp;
  tally: Json;
}

interface SuppressionsTable {
  channel: string;
  address: string;
  reason: SuppressionsReason;
  detail: string | null;
  created_at: Timestamp;
}

interface TasksTable {
  id: GeneratedAlways<string>;
  enrollment_id: Bigint;
  journey_id: number;
  version_id: number;
  step: string;
  occurrence: number;
  list: string;
  text: string;
  outcomes: string[];
  state: Defaulted<TasksState>;
  outcome: string | null;
  note: string | null;
  done_by: string | null;
  made_at: Timestamp;
  until: Timestamp;
  finished_at: Timestamp | null;
}

interface VersionChangesTable {
  id: GeneratedAlways<string>;
  journey_id: number;
  from_version_id: number | null;
  to_version_id: number;
  kind: VersionChangesKind;
  at: Timestamp;
  undone_by: Bigint | null;
}

interface VoucherPoolsTable {
  name: string;
  redeemed_by: Defaulted<string>;
  property: Defaulted<string>;
  low: Defaulted<number>;
}

interface VouchersTable {
  id: GeneratedAlways<string>;
  pool: string;
  code: string;
  expires_at: Defaulted<Timestamp>;
  added_at: Timestamp;
  handed_out_at: Timestamp | null;
  enrollment_id: Bigint | null;
  step: string | null;
  occurrence: number | null;
  redeemed_at: Timestamp | null;
  redeemed_event_id: Bigint | null;
}

interface WithdrawnWorkTable {
  change_id: Bigint;
  enrollment_id: Bigint;
  kind: WithdrawnWorkKind;
  id: Bigint;
  from_fallback: string[] | null;
}
