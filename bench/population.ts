import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";

/** The same customers in every run: all agreed to everything, one in four is British, one in three on the gold plan. */
export async function fillCustomers(database: Database, customers: number): Promise<void> {
  await sql`
    insert into customers (external_id, email, phone, first_name, last_name, country, city, attributes, created_at, updated_at)
    select 'c-' || i, 'person-' || i || '@example.com', '+4479' || lpad(i::text, 8, '0'),
           (array['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara'])[1 + i % 5], 'Number ' || i,
           (array['GB', 'DE', 'FR', 'IE'])[1 + i % 4], (array['Leeds', 'Bonn', 'Lyon'])[1 + i % 3],
           jsonb_build_object('plan', (array['gold', 'silver', 'free'])[1 + i % 3], 'points', i % 1000),
           timestamptz '2025-01-01 00:00Z', timestamptz '2025-01-01 00:00Z'
    from generate_series(1, ${customers}::int) as i`.execute(database);
  await sql`
    insert into consents (customer_id, channel, topic, state, method, occurred_at)
    select id, '*', '*', 'granted', 'form', created_at from customers order by id`.execute(
    database,
  );
  await sql`vacuum analyze customers, current_consents`.execute(database);
}

/** Page views of 180 days up to `now`, spread evenly over the customers and the days. */
export async function fillEvents(
  database: Database,
  customers: number,
  each: number,
  now: Date,
): Promise<void> {
  const from = new Date(now.getTime() - 180 * 86_400_000);
  await sql`select ensure_event_months(${from}, ${now})`.execute(database);
  await sql`
    insert into events (customer_id, name, occurred_at, received_at, properties)
    select 1 + (i * 7919) % ${customers}::bigint, (array['page_viewed', 'basket_updated'])[1 + (i / 3) % 2],
           ${from}::timestamptz + i * (interval '180 days' / ${customers * each}::float8), ${now}, '{"path": "/shop"}'
    from generate_series(0, ${customers * each - 1}::bigint) as i`.execute(database);
  await sql`vacuum analyze events`.execute(database);
}

/** The customers as a file a company might bring, without the few columns Waypost makes itself. */
export function customersCsv(customers: number): string {
  const lines = ["id,email,phone,first_name,last_name,country,city,attributes.plan"];
  for (let i = 1; i <= customers; i++) {
    const phone = `+4479${String(i).padStart(8, "0")}`;
    const country = ["GB", "DE", "FR", "IE"][i % 4] ?? "GB";
    const plan = ["gold", "silver", "free"][i % 3] ?? "free";
    lines.push(`c-${i},Person-${i}@Example.com,${phone},Ada,Number ${i},${country},Leeds,${plan}`);
  }
  return `${lines.join("\n")}\n`;
}
