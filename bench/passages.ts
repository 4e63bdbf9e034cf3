import { sql } from "kysely";
import type { Fresh, Ground } from "./ground.ts";
import { advanceAll, applyText, enterAll, onSchedule } from "./journey.ts";
import type { Row } from "./row.ts";
import { each, timed } from "./stopwatch.ts";

const dayMs = 86_400_000;

/** A scheduled start lets everybody in, beside one plain INSERT … SELECT into the same table. */
export async function* enrolling(ground: Ground): AsyncGenerator<Row> {
  const { customers } = ground.sizes;
  const before = await bareEnrolling(await ground.fresh("customers"));
  const { database, drop } = await ground.fresh("customers");
  const now = new Date();
  const journey = await applyText(database, onSchedule("[{ wait: 1 day }]"), now);
  const took = await timed(database, () => enterAll(database, journey, now));
  await drop();
  const bareSeconds = (before + (await bareEnrolling(await ground.fresh("customers")))) / 2;
  yield {
    work: "enrolling an audience",
    queues: null,
    value: took.result / took.seconds,
    unit: "customers/s",
    ceiling: { value: customers / bareSeconds, of: "INSERT … SELECT of the same rows" },
    ...each(took.result, took),
    target: "60% of the ceiling",
    faults: shortOf(customers, took.result),
  };
}

/** Returns the seconds. */
async function bareEnrolling({ database, drop }: Fresh): Promise<number> {
  const now = new Date();
  await applyText(database, onSchedule("[{ wait: 1 day }]"), now);
  const { seconds } = await timed(database, () =>
    sql`insert into enrollments (journey_id, version_id, customer_id, entry_key, state, step, due_at, entry, holdout, entered_at, moved_at)
      select journeys.id, journeys.version_id, customers.id, 'once', 'entered', 'wait-1-day', ${now}::timestamptz, '{}', false, ${now}, ${now}
      from customers, journeys`.execute(database),
  );
  await drop();
  return seconds;
}

/** Everybody waits at a step, is due, and goes on to wait at the next one. One transaction after the other: one core's worth. */
export async function* advancing(ground: Ground): AsyncGenerator<Row> {
  const { customers } = ground.sizes;
  const { database, drop } = await ground.fresh("customers");
  const now = new Date();
  const journey = await applyText(database, onSchedule("[{ wait: 1 day }, { wait: 2 days }]"), now);
  await enterAll(database, journey, now);
  await advanceAll(database, now);
  await sql`vacuum analyze enrollments`.execute(database);
  const next = new Date(now.getTime() + dayMs);
  const took = await timed(database, () => advanceAll(database, next));
  await sql`vacuum analyze enrollments`.execute(database);
  const bare = await timed(database, () =>
    sql`update enrollments set step = 'elsewhere', due_at = due_at + interval '1 day', moved_at = ${next}`.execute(
      database,
    ),
  );
  await drop();
  yield {
    work: "advancing waiting enrollments",
    queues: null,
    value: took.result / took.seconds,
    unit: "enrollments/s",
    ceiling: { value: customers / bare.seconds, of: "one UPDATE of the same rows" },
    ...each(took.result, took),
    target: "30000/s a core",
    faults: shortOf(customers, took.result),
  };
}

/** Everybody's message is planned: consent, address and suppression looked up, message written, enrollment moved. */
export async function* planning(ground: Ground): AsyncGenerator<Row> {
  const { database, drop } = await ground.fresh("customers");
  const now = new Date();
  const journey = await applyText(database, onSchedule("[{ send: news, by: email }]"), now);
  await enterAll(database, journey, now);
  await sql`analyze enrollments`.execute(database);
  const took = await timed(database, () => advanceAll(database, now));
  await ground.sayStatements(database);
  await drop();
  yield {
    work: "planning messages",
    queues: null,
    value: took.result / took.seconds,
    unit: "messages/s",
    ...each(took.result, took),
    faults: shortOf(ground.sizes.customers, took.result),
  };
}

function shortOf(expected: number, found: number): string[] {
  return found === expected ? [] : [`enrollments: expected ${expected}, found ${found}`];
}
