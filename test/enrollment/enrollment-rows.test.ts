import { sql } from "kysely";
import { expect, test } from "vitest";
import { estimateEnrollments } from "../../src/enrollment/enrollment-rows.ts";
import { estimateJourneyFigures, journeyCounts } from "../../src/enrollment/journey-counts.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (name: string) => `
journey: ${name}
objective: { goal: paid }
start: { on: signed_up, again: always }
steps: [{ wait: 1 day }, { send: hello, by: email }, { wait: 2 days }, { send: bye, by: email }]`;

/** So many passages of a customer that are over, a kilobyte each; one in four was worth ten pounds. */
async function manyPassages(name: string, count: number): Promise<void> {
  const ada = await aCustomer(shop.database);
  await sql`
    insert into enrollments (journey_id, version_id, customer_id, entry_key, state, entry, entered_at, moved_at, finished_at, converted_at, conversion_value)
    select id, version_id, ${ada}, i::text, 'completed', jsonb_build_object('page', repeat('x', 1000)), ${monday}, ${monday}, ${monday},
      case when i % 4 = 0 then ${monday}::timestamptz end, case when i % 4 = 0 then 10 end
    from journeys, generate_series(1, ${count}::int) as i where name = ${name}`.execute(
    shop.database,
  );
}

test("a table that is not large is counted", async () => {
  await shop.apply(journey("small"));
  await manyPassages("small", 12);
  const rows = await estimateEnrollments(shop.database);
  expect(rows).toMatchObject([{ customers: "12", converted: "3", isEstimated: false }]);
});

test("of many passages most are estimated; who is held or inside, and journeys with few, are counted", async () => {
  await shop.apply(journey("large"), journey("small"));
  await manyPassages("large", 36_000);
  await manyPassages("small", 12);
  for (let nth = 0; nth < 3; nth += 1)
    await shop.happens(await aCustomer(shop.database), "signed_up");
  await shop.live();
  await sql`
    update enrollments set state = 'held', due_at = null, reason = 'broken' where id in (
      select e.id from enrollments e join journeys on journeys.id = journey_id where name = 'large' and e.state = 'waiting' limit 1)`.execute(
    shop.database,
  );
  await sql`analyze enrollments`.execute(shop.database);

  const [large, small] = await journeyCounts(
    shop.database,
    await estimateJourneyFigures(shop.database),
  );
  expect(large).toMatchObject({
    inside: 2,
    held: 1,
    estimated: ["entered", "completed", "converted", "value"],
  });
  expect(Math.abs((large?.entered ?? 0) - 36_003)).toBeLessThan(2000);
  expect(Math.abs((large?.converted ?? 0) - 9000)).toBeLessThan(1000);
  expect(large?.steps[0]).toMatchObject({ kind: "wait", at: 2, estimated: [] });
  expect(small).toMatchObject({
    entered: 15,
    inside: 3,
    converted: 3,
    value: 30,
    estimated: [],
  });
});

test("where many are at one step and few at another, the few are counted", async () => {
  await shop.apply(journey("large"));
  await manyPassages("large", 36_000);
  await sql`
    update enrollments set state = 'waiting', step = 'bye', finished_at = null, due_at = ${later(monday, { days: 9 })} where id % 4 = 0`.execute(
    shop.database,
  );
  await shop.happens(await aCustomer(shop.database), "signed_up");
  await shop.live();
  await sql`analyze enrollments`.execute(shop.database);
  const [large] = await journeyCounts(shop.database, await estimateJourneyFigures(shop.database));
  expect(large?.estimated).toContain("inside");
  const [first, hello, last, bye] = large?.steps ?? [];
  expect(first).toMatchObject({ at: 1, estimated: [] });
  expect(hello).toMatchObject({ at: 0, estimated: [] });
  // Whoever waits at it has the same step ahead as those who are there.
  expect(last).toMatchObject({ at: 0, estimated: ["at"] });
  expect(bye).toMatchObject({ estimated: ["at"] });
});
