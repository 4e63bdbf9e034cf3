import { type RawBuilder, type Transaction, sql } from "kysely";
import { referenceOperand } from "../audience/reference-sql.ts";
import type { Tables } from "../database/tables.ts";
import type { Assignment } from "../journey/journey.ts";
import {
  type Given,
  type Unfit,
  type Written,
  column,
  isColumn,
  keyOf,
  readGiven,
} from "./assignment.ts";
import { type Worked, buildsOnRecord, workOut } from "./calculation.ts";
import type { Move, Stage, StepOf } from "./stage.ts";
import { byZones } from "./zone.ts";

/**
 * Writes into the customers' records: one SELECT that locks them in the order of their ids (as imports do) and reads what
 * the step refers to, one UPDATE for all. What a reference does not find leaves the field as it is; null empties it. A
 * value that the field cannot hold holds that enrollment, and nothing of the step is done for it.
 */
export async function set(
  stage: Stage,
  step: StepOf<"set">,
  ids: readonly string[],
): Promise<readonly Move[]> {
  const { transaction, turn } = stage;
  const calculations = step.set.flatMap(({ to }) =>
    to.kind === "calculation" ? to.calculation : [],
  );
  const inTurn = calculations.some(buildsOnRecord) ? await oneByOne(transaction, ids) : [ids];
  const unfit: Unfit[] = [];
  for (const round of inTurn) {
    const zones = calculations.some(({ kind }) => kind === "date")
      ? await byZones(stage, "customer", round)
      : ([["UTC", round]] as const);
    for (const [zone, those] of zones) {
      const given = await lookUp(transaction, step.set, those, { now: turn.now, zone });
      const read = readGiven(step.set, given, turn.now);
      unfit.push(...read.unfit);
      await write(transaction, step.set, read.written, turn.now);
    }
  }
  const held = [...Map.groupBy(unfit, ({ reason }) => reason)].map(([reason, those]): Move => ({
    ids: idsOf(those),
    at: { state: "held", step: step.id, reason },
  }));
  const isHeld = new Set(idsOf(unfit));
  return [{ ids: ids.filter((id) => !isHeld.has(id)), to: step.next }, ...held];
}

function idsOf(unfit: readonly Unfit[]): readonly string[] {
  return unfit.map(({ id }) => id);
}

async function lookUp(
  transaction: Transaction<Tables>,
  assignments: readonly Assignment[],
  ids: readonly string[],
  at: { readonly now: Date; readonly zone: string },
): Promise<readonly Given[]> {
  const worked = assignments.map((one) => lookUpOne(one, at));
  const { rows } = await sql<Given>`
    select enrollment.id, customer.id as customer_id,
           jsonb_build_array(${sql.join(worked.map(({ found }) => found))}) as found,
           array[${sql.join(worked.map(({ fault }) => fault))}]::text[] as faults
    from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
    where enrollment.id = any(${ids}::bigint[])
    order by customer.id, enrollment.id
    for no key update of customer`.execute(transaction);
  return rows;
}

function lookUpOne(
  { field, to }: Assignment,
  at: { readonly now: Date; readonly zone: string },
): Worked {
  const nothing = { found: sql`null::jsonb`, fault: sql`null::text` };
  switch (to.kind) {
    case "reference":
      return {
        ...nothing,
        found: referenceOperand(to.from, { customer: "customer", enrollment: "enrollment" }).sql,
      };
    case "add":
      return {
        ...nothing,
        fault: sql`case when as_number(${attribute(field)}) is null and ${attribute(field)} <> 'null' then 'of' end`,
      };
    case "calculation":
      return workOut(to.calculation, attribute(field), at);
    default:
      return nothing;
  }
}

/** The first enrollment of each customer, then the second of each who has two, and so on. */
async function oneByOne(
  transaction: Transaction<Tables>,
  ids: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const { rows } = await sql<{ readonly ids: readonly string[] }>`
    select array_agg(id) as ids from (
      select id, row_number() over (partition by customer_id order by id) as nth
      from enrollments where id = any(${ids}::bigint[])) as numbered
    group by nth order by nth`.execute(transaction);
  return rows.map((row) => row.ids);
}

/** Whose record would stay as it is keeps its `updated_at`. */
async function write(
  transaction: Transaction<Tables>,
  assignments: readonly Assignment[],
  written: readonly Written[],
  now: Date,
): Promise<void> {
  if (written.length === 0) return;
  const columns = assignments.filter(({ field }) => isColumn(field)).map(({ field }) => field);
  const made = columns.map((field) => sql`, ${newColumn(field)} as ${sql.ref(field)}`);
  const setting = columns.map((field) => sql`, ${sql.ref(field)} = made.${sql.ref(field)}`);
  const changed = columns.map(
    (field) => sql` or made.${sql.ref(field)} is distinct from customer.${sql.ref(field)}`,
  );
  await sql`
    update customers customer
    set attributes = made.attributes, updated_at = ${now} ${sql.join(setting, sql``)}
    from (
      select customer.id, ${newAttributes(assignments)} as attributes ${sql.join(made, sql``)}
      from unnest(${written.map((one) => one.customerId)}::bigint[], ${written.map((one) => one.times)}::int[],
                  ${written.map((one) => JSON.stringify(one.attributes))}::jsonb[],
                  ${written.map((one) => JSON.stringify(one.columns))}::jsonb[]) as given (id, times, attributes, columns)
      join customers customer on customer.id = given.id
    ) as made
    where customer.id = made.id and (made.attributes <> customer.attributes ${sql.join(changed, sql``)})`.execute(
    transaction,
  );
}

function newColumn(field: string): RawBuilder<unknown> {
  const { name, type } = column(field);
  return sql`case when given.columns ? ${name}::text then (given.columns ->> ${name}::text)::${sql.raw(type)}
    else customer.${sql.ref(name)} end`;
}

/** What is added is added by the database, exactly, and once for each enrollment of the customer. */
function newAttributes(assignments: readonly Assignment[]): RawBuilder<unknown> {
  const attributes = assignments.filter(({ field }) => !isColumn(field));
  const sums = attributes.flatMap(({ field, to }) =>
    to.kind === "add"
      ? [
          sql`${keyOf(field)}::text, coalesce(as_number(${attribute(field)}), 0) + ${String(to.add)}::numeric * given.times`,
        ]
      : [],
  );
  const emptied = attributes.flatMap(({ field, to }) =>
    to.kind === "value" && to.value === null ? [keyOf(field)] : [],
  );
  const added = sums.length === 0 ? sql`'{}'::jsonb` : sql`jsonb_build_object(${sql.join(sums)})`;
  return sql`(customer.attributes || given.attributes || ${added}) - ${emptied}::text[]`;
}

function attribute(field: string): RawBuilder<unknown> {
  return sql`(customer.attributes -> ${keyOf(field)}::text)`;
}
