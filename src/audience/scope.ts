import type { RawBuilder } from "kysely";

/** Where a condition is put: the aliases it may lean on in the statement around it, and the time it is asked at. */
export interface Scope {
  readonly now: Date;
  /** SQL alias of the customers row. Default: "customer". */
  readonly customer?: string;
  /** SQL alias of an enrollments row: what `message` and `entry` are about. */
  readonly enrollment?: string;
  /** Properties of the entry event where there is no enrollment yet, as a jsonb expression. */
  readonly entry?: RawBuilder<unknown>;
  /** Name of the journey that `message` means when there is no enrollment. */
  readonly journey?: string;
  /**
   * How many customers the statement around it reads. "many": counts are grouped once for all. "few" (a batch of up to
   * a thousand): looked up customer by customer through the index. Default: few with an enrollment or an entry, else many.
   */
  readonly customers?: "many" | "few";
  /** The segments that exist; given, a name that is not among them is a mistake. */
  readonly segments?: readonly string[];
  /** Asked of a time gone by: memberships, consent and messages count as they were at `now`. */
  readonly rewound?: boolean;
  /** Whether `sql:` may stand here. Only segments allow it: they are evaluated alone, read-only and with a timeout. */
  readonly sql?: boolean;
}
