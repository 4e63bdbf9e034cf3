import { expect, test } from "vitest";
import { listTasks, recordOutcome, taskLists } from "../../src/enrollment/task-list.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const ring = `
journey: welcome
start: { on: signed_up, again: always }
stop: [{ on: moved_away, as: gone }]
steps:
  - task: { list: welcome-calls, do: "Ring and ask how it went", outcomes: [reached, no_answer], within: 3 days }
    reached: [{ send: thanks, by: email }]
    no_answer: [{ send: missed, by: email }]
    else: [{ send: too-late, by: email }]`;

async function signedUp() {
  await shop.apply(ring);
  const ada = await aCustomer(shop.database, { last_name: "Lovelace" });
  await shop.happens(ada, "signed_up");
  await shop.live();
  const [line] = await listTasks(shop.database, { limit: 10 });
  if (line === undefined) throw new Error("there is no task");
  return { ada, line };
}

const record = (id: string, outcome: string) =>
  recordOutcome(shop.database, { id, outcome, note: "rang twice", by: "Grace", now: shop.now });

test("a task stands on its list, with whom to ring and until when", async () => {
  const { ada, line } = await signedUp();
  expect(line).toMatchObject({
    list: "welcome-calls",
    text: "Ring and ask how it went",
    outcomes: ["reached", "no_answer"],
    customerId: ada,
    customerName: "Ada Lovelace",
    until: new Date("2026-01-15T12:00:00Z"),
  });
  expect(await taskLists(shop.database)).toEqual([{ list: "welcome-calls", open: 1 }]);
  expect((await shop.whereabouts(ada))[0]).toMatch(/^waiting at /);
});

test("its outcome sends the customer on at once, and is recorded with who did it", async () => {
  const { ada, line } = await signedUp();
  await shop.travel("1 day");
  expect(await record(line.id, "no_answer")).toBe(true);
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email missed"]);
  expect(await listTasks(shop.database, { ids: [line.id], limit: 1 })).toMatchObject([
    { state: "done", outcome: "no_answer", note: "rang twice", doneBy: "Grace" },
  ]);
});

test("nobody does a task twice", async () => {
  const { ada, line } = await signedUp();
  expect(await Promise.all([record(line.id, "reached"), record(line.id, "no_answer")])).toContain(
    false,
  );
  await shop.live();
  expect(await shop.messagesTo(ada)).toHaveLength(1);
});

test("an outcome it does not know is refused with the near miss", async () => {
  const { line } = await signedUp();
  await expect(record(line.id, "reachd")).rejects.toThrow(
    'expected the outcome reached or no_answer, got "reachd"; did you mean "reached"?',
  );
  await expect(record("4711", "reached")).rejects.toThrow("no such task");
  await expect(record("x'; drop table tasks", "reached")).rejects.toThrow("no such task");
});

test("when nobody did it in time it is closed, and the customer goes on without it", async () => {
  const { ada, line } = await signedUp();
  await shop.travel("2 days");
  expect(await shop.messagesTo(ada)).toEqual([]);
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email too-late"]);
  expect(await record(line.id, "reached")).toBe(false);
  expect(await listTasks(shop.database, { limit: 10 })).toEqual([]);
});

test("a customer who is stopped is taken off the list", async () => {
  const { ada, line } = await signedUp();
  await shop.happens(ada, "moved_away");
  await shop.live();
  expect(await listTasks(shop.database, { ids: [line.id], limit: 1 })).toMatchObject([
    { state: "withdrawn" },
  ]);
  expect(await record(line.id, "reached")).toBe(false);
  expect(await shop.whereabouts(ada)).toEqual(["exited: gone"]);
});
