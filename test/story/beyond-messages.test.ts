import { afterAll, beforeEach, expect, test } from "vitest";
import { createWebhookCaller } from "../../src/channel/webhook.ts";
import { listTasks, recordOutcome } from "../../src/enrollment/task-list.ts";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import { aService } from "../support/service.ts";
import { aStory } from "../support/story.ts";

const shop = await aStory();
const service = await aService();
const key = Buffer.from("a key of at least twenty-four bytes");
const webhooks = createWebhookCaller({ allow: ["127.0.0.1"], key, fill: (text) => text });
afterAll(() => webhooks.close());

beforeEach(async () => {
  shop.webhooks = webhooks;
  service.answers(({ body }) => ({ body: body.includes("A-") ? '{"likely":true}' : "{}" }));
  await savePools(
    shop.database,
    { again: { redeemed_by: "order_completed", property: "coupon", low: 0 } },
    shop.now,
  );
  await addVouchers(shop.database, "again", [{ code: "TEA-1", expiresAt: null }], shop.now);
  await shop.apply(`
journey: second-cup
start: { on: order_completed, again: never }
steps:
  - id: score
    call: ${service.url}/score
    body: { order: entry.order_id }
    within: 1 hour
    then: []
    else: [{ exit: no score }]
  - if: { call.score.likely: true }
    then: [{ voucher: again, expires: 30 days, else: [{ exit: none left }] }]
  - { send: thank-you, by: [email, sms], fallback: true }
  - wait: 2 days
  - if: { voucher: { step: again, was: redeemed } }
    then: [{ exit: came back }]
  - task: { list: second-cup, do: Ask how the tea was, outcomes: [reached, no_answer], within: 3 days }
    reached: [{ exit: talked to }]`);
});

test("a customer is scored, thanked by the channel that works, and rung by a person", async () => {
  const ada = await shop.customer();
  await shop.orders(ada);
  expect(JSON.parse(service.received[0]?.body ?? "")).toEqual({
    order: expect.stringMatching(/^A-/),
  });
  expect(await shop.letters(ada)).toEqual(["email thank-you at 2026-01-12 12:00"]);
  await shop.bounces(ada);
  await shop.bounces(ada);
  expect(await shop.letters(ada)).toEqual([
    "email thank-you at 2026-01-12 12:00",
    "sms thank-you at 2026-01-12 12:00",
  ]);
  await shop.travel("2 days");
  const [task] = await listTasks(shop.database, { list: "second-cup", limit: 1 });
  expect(task).toMatchObject({ customerId: ada, text: "Ask how the tea was" });
  const outcome = {
    id: task?.id ?? "",
    outcome: "reached",
    note: null,
    by: "Grace",
    now: shop.now,
  };
  expect(await recordOutcome(shop.database, outcome)).toBe(true);
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["exited: talked to"]);
});

test("who comes back with the voucher is left in peace, and the last voucher goes to one alone", async () => {
  const [ada, bob] = [await shop.customer(), await shop.customer()];
  await shop.orders(ada);
  await shop.orders(bob);
  expect(await shop.whereabouts(bob)).toEqual(["exited: none left"]);
  await shop.travel("1 day");
  await shop.orders(ada, { coupon: "TEA-1" });
  await shop.travel("1 day");
  expect(await shop.whereabouts(ada)).toEqual(["exited: came back"]);
});
