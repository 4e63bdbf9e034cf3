import { expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import { confirmRestore } from "../../src/message/restored.ts";
import { replayMessages } from "../../src/message/replay.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCustomer, later, monday } from "../support/people.ts";

/** A backup of Monday noon; the original went on until 22:00, and the copy is confirmed at 23:00. */
const shop = await aShop();
const stopped = later(monday, { hours: 10 });
const confirmed = later(monday, { hours: 11 });

async function confirm(sentUntil: Date | null = stopped): Promise<void> {
  shop.now = confirmed;
  await confirmRestore(shop.database, { sentUntil, isUnnoticed: true, now: shop.now });
  await shop.live();
}

const waiting = (wait: string, more = "") => `
journey: welcome
start: { on: signed_up }
${more}
steps: [{ wait: ${wait} }, { send: hello, by: email }, { wait: 2 hours }, { send: again, by: email }, { wait: 2 days }, { send: later, by: email }]`;

const vip = {
  name: "vip",
  describe: null,
  file: "workflows/segments/vip.yaml",
  condition: {
    kind: "customer",
    field: "attributes.tier",
    test: [{ op: "eq", value: "gold" }],
  },
} as const;

async function signedUp(journey: string): Promise<string> {
  await shop.apply(journey);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  return ada;
}

test("a wait that ended while the original still sent is not followed by the same message again", async () => {
  const ada = await signedUp(waiting("3 hours"));
  await confirm();
  expect(await shop.messagesTo(ada)).toEqual(["email hello (unknown)"]);
  await shop.travel("2 hours");
  expect(await shop.messagesTo(ada)).toEqual(["email hello (unknown)", "email again (unknown)"]);
  await shop.travel("2 days");
  expect((await shop.messagesTo(ada)).at(-1)).toBe("email later");
});

test("a wait that ended when the original had stopped, to the second", async () => {
  const ada = await signedUp(waiting("36000 seconds"));
  const bob = await signedUp(waiting("36001 seconds").replace("welcome", "slower"));
  await confirm();
  expect(await shop.messagesTo(ada)).toContain("email hello (unknown)");
  expect(await shop.messagesTo(bob)).toEqual(["email hello"]);
});

test("receipts are sent at least once, and all is due when the original sent nothing", async () => {
  const ada = await signedUp(waiting("3 hours", "class: transactional"));
  await confirm();
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
  const bob = await signedUp(waiting("3 hours").replace("welcome", "other"));
  shop.now = later(shop.now, { hours: 4 });
  await shop.live();
  expect(await shop.messagesTo(bob)).toEqual(["email hello"]);
});

test("a move to another server owes nothing to anybody", async () => {
  const ada = await signedUp(waiting("3 hours"));
  await confirm(null);
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
});

test("events are judged by when they happened, those told again after the restore too", async () => {
  await shop.apply(
    "journey: hello\nstart: { on: signed_up, again: always }\nsteps: [{ send: hello, by: email }]",
  );
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await confirm();
  await shop.happens(ada, "signed_up", {}, later(stopped, { minutes: -1 }));
  await shop.happens(bob, "signed_up", {}, later(stopped, { minutes: 1 }));
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email hello (unknown)"]);
  expect(await shop.messagesTo(bob)).toEqual(["email hello"]);
});

test("an awaited event that the original heard leads to nothing that it sent", async () => {
  const ada = await signedUp(`
journey: basket
start: { on: signed_up }
steps: [{ await: { event: order_completed, within: 3 days }, then: [{ send: thanks, by: email }], else: [] }]`);
  await shop.happens(ada, "order_completed", {}, later(monday, { minutes: 5 }));
  await confirm();
  expect(await shop.messagesTo(ada)).toEqual(["email thanks (unknown)"]);
});

test.each([
  ['every: "0 15 * * *"', "unknown"],
  ['every: "30 22 * * *"', "planned"],
  ['date: customer.birthday, at: "15:00", zone: UTC', "unknown"],
  ['date: customer.birthday, at: "22:30", zone: UTC', "planned"],
])("a start by %s is judged by its own time: %s", async (start, state) => {
  await shop.apply(`journey: news\nstart: { ${start} }\nsteps: [{ send: news, by: email }]`);
  await aCustomer(shop.database, { birthday: "1990-01-12" });
  await shop.open("news");
  await confirm();
  await shop.open("news");
  const rows = await shop.database.selectFrom("messages").select("state").execute();
  expect(rows).toEqual([{ state }]);
});

test("who comes into a segment at the first look after the gap may have come in before", async () => {
  const vips = { attributes: JSON.stringify({ tier: "gold" }) };
  await saveSegments(shop.database, [vip], shop.now);
  await refreshSegments(shop.database, shop.now);
  await shop.apply(
    "journey: vip\nstart: { segment: vip, again: always }\nsteps: [{ send: vip, by: email }]",
  );
  await shop.open("vip");
  const ada = await aCustomer(shop.database, vips);
  await confirm();
  await refreshSegments(shop.database, shop.now);
  await shop.open("vip");
  const bob = await aCustomer(shop.database, vips);
  shop.now = later(shop.now, { minutes: 5 });
  await refreshSegments(shop.database, shop.now);
  await shop.open("vip");
  expect(await shop.messagesTo(ada)).toEqual(["email vip (unknown)"]);
  expect(await shop.messagesTo(bob)).toEqual(["email vip"]);
});

test("another journey that is entered on the way inherits the doubt", async () => {
  await shop.apply(
    "journey: other\nstart: { request: true }\nsteps: [{ send: other, by: email }]",
    "journey: first\nstart: { on: signed_up }\nsteps: [{ wait: 3 hours }, { enter: other }]",
  );
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await confirm();
  expect(await shop.messagesTo(ada)).toEqual(["email other (unknown)"]);
});

test("a call that the original may have made is not made again, and the passage takes the other way", async () => {
  const ada = await signedUp(`
journey: gift
start: { on: signed_up }
steps:
  - wait: 3 hours
  - call: https://gifts.example/order
    within: 1 hour
    then: []
    else: [{ send: sorry, by: email }]`);
  await confirm();
  expect(await shop.database.selectFrom("calls").select(["state", "reason"]).execute()).toEqual([
    { state: "failed", reason: "the original may have made it after the backup" },
  ]);
  expect(await shop.messagesTo(ada)).toEqual(["email sorry (unknown)"]);
});

test("what a copy planned before anybody noticed it is in doubt as well", async () => {
  const ada = await signedUp(waiting("3 hours"));
  shop.now = later(stopped, { minutes: 30 });
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
  await confirm();
  expect(await shop.messagesTo(ada)).toEqual(["email hello (unknown)"]);
});

test("an operator who knows better sends it after all", async () => {
  const ada = await signedUp(waiting("3 hours"));
  await confirm();
  await replayMessages(shop.database, { states: ["unknown"], now: shop.now });
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
});
