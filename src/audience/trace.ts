import { type RawBuilder, sql } from "kysely";
import type { Condition } from "../journey/condition.ts";
import { describeCondition } from "../journey/describe-condition.ts";
import { conditionSql } from "./condition-sql.ts";
import type { Scope } from "./scope.ts";
import { describeSeen } from "./trace-words.ts";
import { seenSql } from "./trace-seen.ts";

/** A condition asked of one customer, with all of its parts: whether each holds, and what was seen. */
export interface Trace {
  readonly condition: string;
  /** How the parts join; null for a test, which has none. */
  readonly joins: "all" | "any" | "not" | null;
  readonly holds: boolean;
  /** What the test was made on, in words and as it is; null where the condition joins others. */
  readonly seen: string | null;
  readonly value: unknown;
  readonly parts: readonly Trace[];
}

/** Two columns, from which `readTrace` makes the trace. */
export interface TraceRow {
  readonly holds: readonly boolean[];
  readonly seen: readonly unknown[];
}

/**
 * The condition and every part of it as columns of one SELECT over the aliases of `scope`: the very SQL that decides, with the
 * values beside it. For one customer, so that each is looked up through an index.
 */
export function traceSql(condition: Condition, scope: Scope): RawBuilder<unknown> {
  const parts = flattened(condition);
  const asked: Scope = { ...scope, customers: "few" };
  const holds = parts.map((part) => sql`coalesce((${conditionSql(part, asked)}), false)`);
  const seen = parts.map((part) => sql`coalesce(${seenSql(part, asked)}, 'null'::jsonb)`);
  return sql`array[${sql.join(holds)}]::boolean[] as holds, to_jsonb(array[${sql.join(seen)}]::jsonb[]) as seen`;
}

export function readTrace(condition: Condition, row: TraceRow): Trace {
  let next = 0;
  const read = (part: Condition): Trace => {
    const place = next++;
    const parts = partsOf(part).map(read);
    const joins =
      part.kind === "all" || part.kind === "any" || part.kind === "not" ? part.kind : null;
    const value = row.seen[place] ?? null;
    return {
      condition: describeCondition(part),
      joins,
      holds: row.holds[place] === true,
      seen: joins === null ? describeSeen(part, value) : null,
      value,
      parts,
    };
  };
  return read(condition);
}

/** The condition, then its parts, each before its own. */
function flattened(condition: Condition): readonly Condition[] {
  return [condition, ...partsOf(condition).flatMap(flattened)];
}

function partsOf(condition: Condition): readonly Condition[] {
  if (condition.kind === "not") return [condition.of];
  return condition.kind === "all" || condition.kind === "any" ? condition.of : [];
}
