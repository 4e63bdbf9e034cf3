import { type RawBuilder, sql } from "kysely";
import { jsonOperand } from "../audience/operand.ts";
import type { Database } from "../database/database.ts";
import type { Objective } from "../journey/journey.ts";

/** In which currency the shop counts, and what one of another is worth in it. */
export interface Money {
  readonly currency: string;
  readonly exchange_rates: Readonly<Record<string, number>>;
}

/**
 * What the event `event` earned, in the shop's currency: the property that the objective names, else its `total`, `value`
 * or `revenue`. Its `currency` says what that is in, the shop's own if it says nothing. Null where nobody knows the rate:
 * no value is better than a wrong one. Beyond what the column holds it is a mistake of the sender's, and no value.
 */
export function worthOf({ value }: Objective, money: Money | undefined): RawBuilder<unknown> {
  const properties = value === null ? ["total", "value", "revenue"] : [value];
  const numbers = properties.map(
    (property) =>
      sql`as_number(${jsonOperand(sql.ref("event.properties"), property, `value ${property}`).sql})`,
  );
  const rate = money === undefined ? sql`1` : rateSql(money);
  const number = sql`coalesce(${sql.join(numbers)}) * ${rate}`;
  return sql`case when abs(${number}) < 9999999999 then round(${number}, 4) end`;
}

/** Currencies that goals came in of late and nobody knows the rate of; of each goal the newest thousand are looked at. */
export async function unknownCurrencies(
  database: Database,
  money: Money,
): Promise<readonly string[]> {
  const { rows } = await sql<{ currency: string }>`
    with goals as (
      select distinct version.definition #>> '{objective,goal}' as name
      from journeys join journey_versions version on version.id = journeys.version_id
      where jsonb_typeof(version.definition #> '{objective,goal}') = 'string'
    )
    select distinct left(${currencySql}, 20) as currency from goals cross join lateral (
      select properties from events where events.name = goals.name order by occurred_at desc limit 1000) as event
    where ${currencySql} is not null and ${rateSql(money)} is null
    order by 1`.execute(database);
  return rows.map(({ currency }) => currency);
}

const currencySql = sql<string | null>`nullif(upper(trim(event.properties ->> 'currency')), '')`;

function rateSql({ currency, exchange_rates: rates }: Money): RawBuilder<unknown> {
  const known = Object.entries({ ...rates, [currency]: 1 });
  const cases = known.map(([name, rate]) => sql`when ${name} then ${rate}::numeric`);
  return sql`case coalesce(${currencySql}, ${currency}) ${sql.join(cases, sql` `)} end`;
}
