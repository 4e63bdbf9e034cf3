import { type RawBuilder, sql } from "kysely";
import { referenceOperand } from "../audience/reference-sql.ts";
import { interval } from "../duration.ts";
import type { Calculation, Reference } from "../journey/journey.ts";

/** What comes of a calculation, as JSON, or SQL null where something is missing; and what is wrong with what it was given, or SQL null. */
export interface Worked {
  readonly found: RawBuilder<unknown>;
  readonly fault: RawBuilder<unknown>;
}

/** What a calculation cannot work with: its first number, its second, a division by 0, a result that is too large, no date, no text. */
export type WorkedWrong = "of" | "by" | "zero" | "large" | "date" | "text";

/** In words that may be shown: what was found is the customer's. */
export function describeWrong(wrong: WorkedWrong, calculation: Calculation): string {
  const at = (reference: unknown) => (typeof reference === "string" ? ` in ${reference}` : "");
  const { by } = calculation.kind === "number" ? calculation : { by: null };
  const of = calculation.kind === "join" ? null : calculation.of;
  switch (wrong) {
    case "of":
      return `expected a number${at(of)} to work with, found something else`;
    case "by":
      return `expected a number${at(by)} to work with, found something else`;
    case "zero":
      return `expected a number other than 0${at(by)} to divide by`;
    case "large":
      return "expected a number below 1,000,000,000,000,000 to come of it, found a larger one";
    case "date":
      return `expected a date${at(of)}, found something else`;
    case "text":
      return "expected texts and numbers to join, found a list or a mapping";
  }
}

/** More digits than anybody counts with; a number of more would not come back as it was written. */
const tooLarge = sql.lit(1e15);
const mostDigits = 10;

/** `own` is the attribute that is set; the statement around has the aliases `customer` and `enrollment`. */
export function workOut(
  calculation: Calculation,
  own: RawBuilder<unknown>,
  { now, zone }: { readonly now: Date; readonly zone: string },
): Worked {
  switch (calculation.kind) {
    case "number":
      return workOutNumber(calculation, own);
    case "date":
      return workOutDate(calculation, now, zone);
    case "join":
      return workOutText(calculation);
  }
}

function operandOf(reference: Reference) {
  const found = referenceOperand(reference, { customer: "customer", enrollment: "enrollment" });
  return { sql: sql`(${found.sql})`, text: sql`(${found.text})` };
}

/** A JSON null is as good as nothing. */
function present(json: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`nullif(${json}, 'null'::jsonb)`;
}

function workOutNumber(
  { of, operation, by, round }: Extract<Calculation, { kind: "number" }>,
  own: RawBuilder<unknown>,
): Worked {
  const base = present(of === null ? own : operandOf(of).sql);
  const isSum = operation === "add" || operation === "subtract";
  const first =
    of === null && isSum ? sql`coalesce(as_number(${base}), 0)` : sql`as_number(${base})`;
  const given = typeof by === "number" ? null : present(operandOf(by).sql);
  const second = given === null ? sql`${String(by)}::numeric` : sql`as_number(${given})`;
  const number = sql`round(${resultOf(operation, first, second)}, ${round ?? mostDigits}::int)`;
  const isNone = (json: RawBuilder<unknown>) =>
    sql`${json} is not null and as_number(${json}) is null`;
  const isZero = operation === "divide" ? sql`${second} = 0` : sql`false`;
  return {
    found: sql`to_jsonb(trim_scale(${number}))`,
    fault: sql`case when ${isNone(base)} then 'of' when ${given === null ? sql`false` : isNone(given)} then 'by'
      when ${isZero} then 'zero' when abs(${number}) >= ${tooLarge} then 'large' end`,
  };
}

function resultOf(
  operation: Extract<Calculation, { kind: "number" }>["operation"],
  first: RawBuilder<unknown>,
  second: RawBuilder<unknown>,
): RawBuilder<unknown> {
  switch (operation) {
    case null:
      return first;
    case "add":
      return sql`${first} + ${second}`;
    case "subtract":
      return sql`${first} - ${second}`;
    case "multiply":
      return sql`${first} * ${second}`;
    case "divide":
      return sql`${first} / nullif(${second}, 0)`;
  }
}

/** A day that is moved by days stays a day; everything else is an instant, moved on the clocks of the zone. */
function workOutDate(
  { of, offset }: Extract<Calculation, { kind: "date" }>,
  now: Date,
  zone: string,
): Worked {
  const text = of === "now" ? sql`${now.toISOString()}::text` : operandOf(of).text;
  const sign = offset.side === "before" ? -1 : 1;
  const length = sql`${interval(offset.length)}::interval * ${sign}::int`;
  const moved = sql`(as_instant(${text}) at time zone ${zone}::text + ${length}) at time zone ${zone}::text`;
  const instant = sql`to_char(${moved} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const day = sql`to_char(as_day(${text}, 'UTC') + ${length}, 'YYYY-MM-DD')`;
  const isDay = offset.length.seconds === 0 ? sql`length(${text}) = 10` : sql`false`;
  return {
    found: sql`to_jsonb(case when ${isDay} then ${day} else ${instant} end)`,
    fault: sql`case when ${text} is not null and as_instant(${text}) is null then 'date' end`,
  };
}

function workOutText({ parts }: Extract<Calculation, { kind: "join" }>): Worked {
  const references = parts.filter((part) => typeof part !== "string");
  const texts = parts.map((part) =>
    typeof part === "string" ? sql`${part}::text` : operandOf(part.from).text,
  );
  const isWhole = references.map(
    ({ from }) => sql`coalesce(jsonb_typeof(${operandOf(from).sql}), '') in ('object', 'array')`,
  );
  return {
    found: sql`to_jsonb(${sql.join(texts, sql` || `)})`,
    fault: sql`case when ${sql.join([sql`false`, ...isWhole], sql` or `)} then 'text' end`,
  };
}

/** Whether it may build on what an enrollment before has written for the same customer: then one comes after the other. */
export function buildsOnRecord(calculation: Calculation): boolean {
  return calculation.kind !== "date" || calculation.of !== "now";
}
