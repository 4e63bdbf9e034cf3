import { expect, test } from "vitest";
import { rollbackJourney } from "../../src/enrollment/rollback.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const journey = (steps: string, migrate = "") => `
journey: hello
start: { on: signed_up }
${migrate}
steps: ${steps}`;

const first = journey("[{ wait: 3 days }, { send: reminder, by: email }]");
const second = journey(
  "[{ wait: 1 day }, { send: letter, by: email }, { wait: 9 days }, { send: again, by: email }]",
  "migrate: { from: all, steps: { reminder: letter } }",
);

const rollback = (to?: number) =>
  rollbackJourney(shop.database, "hello", { now: shop.now, ...(to === undefined ? {} : { to }) });

async function enters() {
  const customer = await aCustomer(shop.database);
  await shop.happens(customer, "signed_up");
  await shop.live();
  return customer;
}

test("the version before is in force again, for those who enter", async () => {
  await shop.apply(first);
  await shop.apply(journey("[{ send: letter, by: email }]"));
  expect(await rollback()).toMatchObject({
    from: 2,
    to: 1,
    already: false,
    broughtBack: 0,
    movedOn: 0,
    draining: 0,
    file: "workflows/test.yaml",
  });
  const ada = await enters();
  await shop.travel("4 days");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});

test("doing it twice does it once; going back further must be said", async () => {
  await shop.apply(first);
  await shop.apply(journey("[{ send: letter, by: email }]"));
  await shop.apply(journey("[{ send: postcard, by: email }]"));
  expect(await rollback()).toMatchObject({ from: 3, to: 2, already: false });
  expect(await rollback()).toMatchObject({ from: 2, to: 2, already: true });
  expect(await rollback(1)).toMatchObject({ from: 2, to: 1, already: false });
  await expect(rollback(3)).rejects.toThrow(
    "has no earlier version 3: version 1 is in force, and none is before it",
  );
});

test("a migration is undone for who has not moved since, with the time they waited for", async () => {
  await shop.apply(first);
  const ada = await enters();
  await shop.travel("1 day");
  expect(await shop.apply(second)).toMatchObject([{ migrated: { moved: 1 } }]);
  expect(await rollback()).toMatchObject({ broughtBack: 1, movedOn: 0, draining: 0 });
  expect(await shop.whereabouts(ada)).toEqual(["waiting at reminder"]);
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});

test("who has moved on since stays on the newer version, and so does who entered it", async () => {
  await shop.apply(first);
  const ada = await enters();
  await shop.travel("2 days");
  const bob = await enters();
  await shop.apply(second);
  await shop.travel("1 day");
  const cyd = await enters();
  expect(await rollback()).toMatchObject({ broughtBack: 1, movedOn: 1, draining: 2 });
  expect(await shop.whereabouts(ada)).toEqual(["waiting at again"]);
  expect(await shop.whereabouts(bob)).toEqual(["waiting at reminder"]);
  expect(await shop.whereabouts(cyd)).toEqual(["waiting at letter"]);
  await shop.travel("20 days");
  expect(await shop.messagesTo(ada)).toEqual(["email letter", "email again"]);
  expect(await shop.messagesTo(bob)).toEqual(["email reminder"]);
});

test("whose passage the migration ended is back in the journey", async () => {
  await shop.apply(first);
  const ada = await enters();
  await shop.apply(
    journey(
      "[{ wait: 1 day }, { send: letter, by: email }]",
      "migrate: { from: 1, steps: { reminder: exit } }",
    ),
  );
  expect(await shop.whereabouts(ada)).toEqual(["exited: migrated"]);
  expect(await rollback()).toMatchObject({ broughtBack: 1 });
  expect(await shop.whereabouts(ada)).toEqual(["waiting at reminder"]);
});

test("going back over two migrations goes back over both", async () => {
  await shop.apply(first);
  const ada = await enters();
  await shop.apply(second);
  await shop.apply(
    journey(
      "[{ wait: 1 day }, { send: postcard, by: email }]",
      "migrate: { from: all, steps: { letter: postcard } }",
    ),
  );
  expect(await shop.whereabouts(ada)).toEqual(["waiting at postcard"]);
  expect(await rollback(1)).toMatchObject({ from: 3, to: 1, broughtBack: 2, movedOn: 0 });
  expect(await shop.whereabouts(ada)).toEqual(["waiting at reminder"]);
});

test("applying the file once more after a rollback migrates again", async () => {
  await shop.apply(first);
  await enters();
  await shop.apply(second);
  await rollback();
  expect(await shop.apply(second)).toEqual([
    { journey: "hello", outcome: "changed", version: 3, migrated: { moved: 1, exited: 0 } },
  ]);
  expect(await rollback()).toMatchObject({ from: 3, to: 1, broughtBack: 1 });
});

test("a first version, an archived journey and an unknown one are refused", async () => {
  await shop.apply(first);
  await expect(rollback()).rejects.toThrow("is at its first version, 1");
  await expect(rollbackJourney(shop.database, "helo", { now: shop.now })).rejects.toThrow(
    'did you mean "hello"',
  );
  await shop.apply();
  await expect(rollback()).rejects.toThrow("is archived");
});
