import { expect, test } from "vitest";
import { rollbackJourney } from "../../src/enrollment/rollback.ts";
import { listTasks } from "../../src/enrollment/task-list.ts";
import { WaypostError } from "../../src/errors.ts";
import { aCustomer } from "../support/people.ts";
import { aShop, written } from "./shop.ts";

const shop = await aShop();

const journey = (steps: string, migrate = "") => `
journey: hello
start: { on: signed_up }
${migrate}
steps: ${steps}`;

const first = journey("[{ wait: 3 days }, { send: reminder, by: email }]");

async function inside(text = first) {
  await shop.apply(text);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  return ada;
}

test("without migrate, who is inside stays on the version of the entry", async () => {
  const ada = await inside();
  const applied = await shop.apply(journey("[{ wait: 3 days }, { send: letter, by: email }]"));
  expect(applied).toEqual([{ journey: "hello", outcome: "changed", version: 2 }]);
  await shop.travel("4 days");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});

test("migrate: all moves who stands at a step that is still there, and the wait they are in is kept", async () => {
  const ada = await inside();
  await shop.travel("1 day");
  const next = journey(
    "[{ wait: 3 days }, { send: reminder, by: email }, { send: letter, by: email }]",
    "migrate: all",
  );
  expect(await shop.apply(next)).toEqual([
    { journey: "hello", outcome: "changed", version: 2, migrated: { moved: 1, exited: 0 } },
  ]);
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder", "email letter"]);
});

test("applying a migration again moves nobody", async () => {
  await inside();
  const next = journey("[{ wait: 1 day }, { send: reminder, by: email }]", "migrate: all");
  await shop.apply(next);
  expect(await shop.apply(next)).toEqual([{ journey: "hello", outcome: "unchanged", version: 2 }]);
  const changes = await shop.database.selectFrom("version_changes").select("id").execute();
  expect(changes).toHaveLength(2);
});

test("a migration that is added to an unchanged journey moves who was left on an old version", async () => {
  const ada = await inside();
  const steps = "[{ wait: 3 days }, { send: letter, by: email }]";
  await shop.apply(journey(steps));
  const migrate = "migrate: { from: 1, steps: { reminder: letter } }";
  expect(await shop.apply(journey(steps, migrate))).toEqual([
    { journey: "hello", outcome: "unchanged", version: 2, migrated: { moved: 1, exited: 0 } },
  ]);
  await shop.travel("4 days");
  expect(await shop.messagesTo(ada)).toEqual(["email letter"]);
});

test("customers at a step that nobody says a destination for are refused, and nothing changes", async () => {
  const ada = await inside();
  const next = journey("[{ wait: 1 day }, { send: letter, by: email }]", "migrate: all");
  const refused = shop.apply(next);
  await expect(refused).rejects.toThrow(WaypostError);
  await expect(refused).rejects.toThrow(
    /^workflows\/\S+:\d+ migrate: expected a destination for "reminder" of version 1, where 1 customer stands/,
  );
  await shop.travel("4 days");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});

test("a step of the same id but of another kind is no destination by itself", async () => {
  await inside(journey("[{ wait: 3 days }, { send: letter, id: last, by: email }]"));
  const next = journey("[{ wait: 3 days, id: last }, { send: letter, by: email }]", "migrate: all");
  await expect(shop.apply(next)).rejects.toThrow('a destination for "last" of version 1');
});

test("exit ends the passage, stay leaves it on its version", async () => {
  const ada = await inside();
  const next = (to: string) =>
    journey(
      "[{ wait: 1 day }, { send: letter, by: email }]",
      `migrate: { from: 1, steps: { reminder: ${to} } }`,
    );
  expect(await shop.apply(next("stay"))).toEqual([
    { journey: "hello", outcome: "changed", version: 2 },
  ]);
  expect(await shop.whereabouts(ada)).toEqual(["waiting at reminder"]);
  expect(await shop.apply(next("exit"))).toMatchObject([{ migrated: { moved: 0, exited: 1 } }]);
  expect(await shop.whereabouts(ada)).toEqual(["exited: migrated"]);
});

test("due: now ends the wait", async () => {
  const ada = await inside();
  await shop.apply(
    journey(
      "[{ wait: 1 day }, { send: letter, by: email }]",
      "migrate: { from: all, steps: { reminder: { to: letter, due: now } } }",
    ),
  );
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email letter"]);
});

const awaiting = (event: string, id: string, migrate = "") =>
  journey(
    `[{ await: { event: ${event}, within: 3 days }, id: ${id}, then: [{ send: thanks, by: email }], else: [{ send: reminder, by: email }] }]`,
    migrate,
  );

test("who waits for an event waits for the one of the new step, for as long as was said at first", async () => {
  const ada = await inside(awaiting("paid", "payment"));
  await shop.travel("2 days");
  const migrate = "migrate: { from: 1, steps: { payment: order } }";
  await shop.apply(awaiting("ordered", "order", migrate));
  await shop.happens(ada, "paid");
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.happens(ada, "ordered");
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email thanks"]);
});

test("and comes to the time-out when it would have anyway", async () => {
  const ada = await inside(awaiting("paid", "payment"));
  await shop.travel("2 days");
  await shop.apply(awaiting("ordered", "payment", "migrate: all"));
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
});

test("who waited for an event goes on at once where nothing is waited for any more", async () => {
  const ada = await inside(awaiting("paid", "payment"));
  await shop.apply(
    journey("[{ send: letter, by: email }]", "migrate: { from: all, steps: { payment: letter } }"),
  );
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email letter"]);
});

test("versions that are not named stay where they are", async () => {
  const ada = await inside();
  await shop.apply(journey("[{ wait: 5 days }, { send: reminder, by: email }]"));
  const bob = await aCustomer(shop.database);
  await shop.happens(bob, "signed_up");
  await shop.live();
  const third = "[{ wait: 9 days }, { send: reminder, by: email }, { send: letter, by: email }]";
  await shop.apply(journey(third, "migrate: { from: [2] }"));
  await shop.travel("6 days");
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
  expect(await shop.messagesTo(bob)).toEqual(["email reminder", "email letter"]);
});

test("a step that keeps its id is not sent twice, a renamed one is: the plan warns of it", async () => {
  const old = "[{ send: reminder, by: email }, { wait: 3 days }, { send: letter, by: email }]";
  const ada = await inside(journey(old));
  await shop.apply(
    journey(
      "[{ send: reminder, by: email }, { send: reminder, by: email, id: again }]",
      "migrate: { from: all, steps: { letter: { to: reminder, due: now } } }",
    ),
  );
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email reminder", "email reminder"]);
});

const ringing = (rest: string, migrate = "") =>
  journey(
    `[{ task: { list: calls, do: Ring, outcomes: [reached], within: 3 days }, id: ring, reached: [{ send: thanks, by: email }], else: ${rest} }]`,
    migrate,
  );

const openTasks = async () => (await listTasks(shop.database, { limit: 10 })).map(({ id }) => id);

test("who exits gets nothing that was planned, and is called by nobody; a rollback gives it back", async () => {
  const steps =
    "[{ send: reminder, by: email }, { call: 'https://crm.example/x', id: tell, within: 1 day, else: [] }]";
  const ada = await inside(journey(steps));
  await shop.apply(
    journey("[{ send: letter, by: email }]", "migrate: { from: 1, steps: { tell: exit } }"),
  );
  const calls = () => shop.database.selectFrom("calls").select("state").execute();
  expect(await shop.messagesTo(ada)).toEqual(["email reminder (suppressed)"]);
  expect(await calls()).toEqual([{ state: "withdrawn" }]);
  await rollbackJourney(shop.database, "hello", { now: shop.now });
  expect(await shop.messagesTo(ada)).toEqual(["email reminder"]);
  expect(await calls()).toEqual([{ state: "planned" }]);
  expect(await shop.whereabouts(ada)).toEqual(["waiting at tell"]);
});

test("the task of a step that customers are moved off is withdrawn, and open again after a rollback", async () => {
  await inside(ringing("[]"));
  const before = await openTasks();
  expect(before).toHaveLength(1);
  const letter = journey(
    "[{ wait: 1 day }, { send: letter, by: email }]",
    "migrate: { from: all, steps: { ring: letter } }",
  );
  await shop.apply(letter);
  expect(await openTasks()).toEqual([]);
  await rollbackJourney(shop.database, "hello", { now: shop.now });
  expect(await openTasks()).toEqual(before);
});

test("the task of a step that keeps its id goes on", async () => {
  await inside(ringing("[]"));
  const before = await openTasks();
  await shop.apply(ringing("[{ send: letter, by: email }]", "migrate: all"));
  expect(await openTasks()).toEqual(before);
});

test("who comes again to a step they were moved off finds its task open anew", async () => {
  const ada = await inside(ringing("[]"));
  const later = journey(
    "[{ send: hi, by: email }, { task: { list: calls, do: Ring again, outcomes: [reached], within: 3 days }, id: ring, reached: [], else: [] }]",
    "migrate: { from: all, steps: { ring: hi } }",
  );
  await shop.apply(later);
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["waiting at ring"]);
  expect(await listTasks(shop.database, { limit: 10 })).toMatchObject([{ text: "Ring again" }]);
});

test("a step that no version left has is refused, with the one that was probably meant", async () => {
  await inside();
  const to = (source: string, version = "all") =>
    journey(
      "[{ wait: 3 days }, { send: reminder, by: email }, { send: letter, by: email }]",
      `migrate: { from: ${version}, steps: { ${source}: letter } }`,
    );
  const refused = shop.apply(to("remindr"));
  await expect(refused).rejects.toThrow(WaypostError);
  await expect(refused).rejects.toThrow(
    'migrate.steps: expected the id of a step of version 1, got "remindr". Did you mean "reminder"?',
  );
  expect(await shop.apply(to("reminder"))).toMatchObject([{ migrated: { moved: 1 } }]);
  expect(await shop.apply(to("reminder"))).toMatchObject([{ outcome: "unchanged" }]);
});

test("a new installation of a file that migrates leaves no version, and is asked for no steps", async () => {
  const text = journey(
    "[{ send: letter, by: email }]",
    "migrate: { from: all, steps: { gone: letter } }",
  );
  expect(await shop.apply(text)).toMatchObject([{ outcome: "created" }]);
  expect(await shop.apply(text)).toMatchObject([{ outcome: "unchanged" }]);
});

test("who rests at a wait is known by the wait's id, as the journey shows them", async () => {
  const waits = `[{ if: { customer.first_name: Ada }, then: [{ wait: 3 days, id: short }], else: [{ wait: 9 days, id: long }] }, { send: reminder, by: email }]`;
  const ada = await inside(journey(waits));
  const bob = await aCustomer(shop.database, { first_name: "Bob" });
  await shop.happens(bob, "signed_up");
  await shop.live();
  const next = journey(
    "[{ wait: 1 day }, { send: reminder, by: email }, { send: letter, by: email }]",
    "migrate: { from: all, steps: { short: { to: letter, due: now } } }",
  );
  expect(await shop.apply(next)).toMatchObject([{ migrated: { moved: 2, exited: 0 } }]);
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email letter"]);
  expect(await shop.whereabouts(bob)).toEqual(["waiting at reminder"]);
  await shop.travel("9 days");
  expect(await shop.messagesTo(bob)).toEqual(["email reminder", "email letter"]);
});

test("a wait that comes to have a twin is renamed, and who waits there goes where they would have gone", async () => {
  const drip = (...sends: readonly string[]) =>
    `[${sends.map((name) => `{ send: ${name}, by: email }`).join(", { wait: 3 days }, ")}]`;
  const before = journey(drip("hello", "reminder"));
  const after = journey(drip("hello", "letter", "reminder"), "migrate: all");
  const waits = (text: string) =>
    Object.keys(written(text).journey.steps).filter((id) => id.startsWith("wait"));
  expect(waits(before)).toEqual(["wait-3-days"]);
  expect(waits(after)).toEqual(["wait-3-days-before-letter", "wait-3-days-before-reminder"]);
  const ada = await inside(before);
  await shop.apply(after);
  await shop.travel("3 days");
  expect(await shop.messagesTo(ada)).toEqual(["email hello", "email reminder"]);
});
