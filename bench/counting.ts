import { sql } from "kysely";
import { countAudience } from "../src/audience/count.ts";
import { refreshSegments } from "../src/audience/refresh-segments.ts";
import { saveSegments } from "../src/audience/save-segments.ts";
import { listSegments } from "../src/audience/segment.ts";
import type { Database } from "../src/database/database.ts";
import { type Segment, readSegment } from "../src/journey/read-segment.ts";
import type { Ground } from "./ground.ts";
import { fillEvents } from "./population.ts";
import type { Row } from "./row.ts";
import { timed } from "./stopwatch.ts";

export const keenText = `segment: keen
if:
  all:
    - customer.country: GB
    - customer.attributes.plan: gold
    - { event: page_viewed, count: { gte: 2 }, within: 90 days }
`;

/** Two attributes and a count of events in 90 days: worked out from the tables, refreshed, and read where it is kept. */
export async function* counting(ground: Ground): AsyncGenerator<Row> {
  const { customers, eventsEach } = ground.sizes;
  const { database, drop } = await ground.fresh("customers");
  const now = new Date();
  ground.say(`  filling in ${customers * eventsEach} events`);
  await fillEvents(database, customers, eventsEach, now);
  const segment = keen();
  const cold = await timed(database, () => countAudience(database, segment.condition, now));
  const bare = await timed(database, () => countByHand(database, now));
  await saveSegments(database, [segment], now);
  await refreshSegments(database, now);
  const refreshed = await timed(database, () => refreshSegments(database, now));
  const kept = await timed(database, () => listSegments(database));
  await drop();
  const note = `${cold.result} of ${customers} customers, ${customers * eventsEach} events`;
  const sizes = [cold.result, bare.result, refreshed.result[0]?.size, kept.result[0]?.size];
  const faults =
    new Set(sizes).size === 1 ? [] : [`segment: expected one size, found ${sizes.join(", ")}`];
  const common = { queues: null, unit: "ms" } as const;
  yield {
    ...common,
    work: "counting a segment, cold",
    value: cold.seconds * 1000,
    ceiling: { value: bare.seconds * 1000, of: "the same question in SQL by hand" },
    target: "2000 ms for a million customers",
    note,
    faults,
  };
  yield {
    ...common,
    work: "counting a segment, kept",
    value: kept.seconds * 1000,
    target: "200 ms for a million customers",
  };
  yield {
    ...common,
    work: "refreshing a segment nobody entered or left",
    value: refreshed.seconds * 1000,
  };
}

function keen(): Segment {
  const { segment, mistakes } = readSegment(keenText, "workflows/segments/keen.yaml");
  if (segment === undefined) throw new Error(JSON.stringify(mistakes));
  return segment;
}

async function countByHand(database: Database, now: Date): Promise<number> {
  const { rows } = await sql<{ size: string }>`
    select count(*) as size from customers
    join (select customer_id from events
          where name = 'page_viewed' and occurred_at > ${now}::timestamptz - interval '90 days' and occurred_at <= ${now}
          group by customer_id having count(*) >= 2) as viewers on viewers.customer_id = customers.id
    where country = 'GB' and attributes ->> 'plan' = 'gold'`.execute(database);
  return Number(rows[0]?.size);
}
