import { sql } from "kysely";
import { expect, test } from "vitest";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

/** A definition as it was stored before there were priorities, matches, winners and fallbacks. */
const old = {
  name: "trial",
  describe: null,
  class: "marketing",
  topic: "offers",
  objective: { goal: "answered", target: null, within: null, holdout: 0 },
  start: { kind: "event", event: "signed_up", where: {}, if: null, again: { kind: "never" } },
  stop: [{ kind: "event", event: "left_us", where: {}, as: "gone" }],
  maxLateness: { months: 0, days: 1, seconds: 0 },
  first: "hello",
  steps: {
    hello: { id: "hello", kind: "send", template: "hello", by: ["email"], next: "hears" },
    hears: {
      id: "hears",
      kind: "await",
      event: "answered",
      where: {},
      within: { months: 0, days: 3, seconds: 0 },
      then: "parts",
      timeout: null,
    },
    parts: { id: "parts", kind: "split", arms: [{ name: "a", weight: 1, next: "bye" }] },
    bye: { id: "bye", kind: "send", template: "bye", by: ["email"], next: null },
  },
};

test("a version that an earlier release applied goes on as it was meant", async () => {
  await shop.apply(`
journey: trial
start: { on: signed_up }
steps: [{ send: new, by: email }]`);
  await sql`insert into journey_versions (journey_id, number, definition, source, file, hash, applied_at)
    select id, 0, ${JSON.stringify(old)}::jsonb, '', 'trial.yaml', 'old', ${shop.now} from journeys`.execute(
    shop.database,
  );
  await sql`update journeys set version_id = (select id from journey_versions where number = 0)`.execute(
    shop.database,
  );
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  for (const one of [ada, bob]) await shop.happens(one, "signed_up");
  await shop.live();
  await shop.happens(ada, "answered");
  await shop.happens(bob, "left_us");
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email hello", "email bye"]);
  expect(await shop.whereabouts(bob)).toEqual(["exited: gone"]);
  const converted = await shop.database
    .selectFrom("enrollments")
    .select("customer_id")
    .where("converted_at", "is not", null)
    .execute();
  expect(converted).toEqual([{ customer_id: ada }]);
});
