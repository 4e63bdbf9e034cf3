import { expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import { enterByRequest } from "../../src/enrollment/enter-by-request.ts";
import { describeJourneyPlan } from "../../src/plan/describe-plan.ts";
import { hasChanges } from "../../src/plan/plan.ts";
import { aShop } from "../enrollment/shop.ts";
import { aCustomer, agree, later } from "../support/people.ts";
import { config, files, plan, planOf } from "./planning.ts";

const shop = await aShop();

const onSignUp = (rest: string) => `journey: hello\n${rest}`;
const steps = "steps: [{ send: thank-you, by: [email, sms] }]";

async function kept(segments: Record<string, string>) {
  await saveSegments(shop.database, files([], segments).segments, shop.now);
  await refreshSegments(shop.database, shop.now);
}

test("what is in force already is no change", async () => {
  const text = onSignUp(`start: { on: signed_up }\n${steps}`);
  await shop.apply(text);
  const made = await plan(shop, files([text]));
  expect(made.journeys).toMatchObject([{ journey: "hello", outcome: "unchanged", audience: null }]);
  expect(hasChanges(made)).toBe(false);
});

test("a journey that is new, changed, gone, and back again", async () => {
  const text = onSignUp(`start: { on: signed_up }\n${steps}`);
  expect(await planOf(shop, files([text]))).toMatchObject({ outcome: "created", version: null });
  await shop.apply(text);
  const other = onSignUp(`start: { on: registered }\n${steps}`);
  expect(await planOf(shop, files([other]))).toMatchObject({ outcome: "changed", version: 1 });
  const gone = await plan(shop, files([]));
  expect(gone.journeys).toMatchObject([{ journey: "hello", outcome: "archived", file: null }]);
  expect(hasChanges(gone)).toBe(true);
  await shop.apply();
  expect(hasChanges(await plan(shop, files([])))).toBe(false);
  expect(await planOf(shop, files([text]))).toMatchObject({ outcome: "restored" });
});

test("a segment that changes says who comes in and who no longer would", async () => {
  const [ada, bob] = [
    await aCustomer(shop.database, { country: "GB" }),
    await aCustomer(shop.database, { country: "IE" }),
  ];
  await kept({ local: "{ customer.country: GB }" });
  const made = await plan(shop, files([], { local: "{ customer.country: IE }" }));
  expect(made.segments).toMatchObject([
    {
      outcome: "changed",
      members: { now: 1, then: 1, enters: 1, leaves: 1, entering: [bob], leaving: [ada] },
    },
  ]);
  const gone = await plan(shop, files([]));
  expect(gone.segments).toMatchObject([{ outcome: "removed", members: { now: 1, then: 0 } }]);
});

test("whom a changed segment brings enters the journey at once, though its file is the same", async () => {
  await aCustomer(shop.database, { country: "GB" });
  const bob = await aCustomer(shop.database, { country: "IE" });
  await kept({ local: "{ customer.country: GB }" });
  const text = onSignUp(`start: { segment: local }\n${steps}`);
  await shop.apply(text);
  const one = await planOf(shop, files([text], { local: "{ customer.country: [GB, IE] }" }));
  expect(one).toMatchObject({
    outcome: "unchanged",
    audience: { atOnce: 1, members: { now: 1, then: 2, enters: 1, entering: [bob] } },
    messages: { channels: [{ channel: "email", messages: 1 }] },
  });
});

test("a segment that asks for a changed one changes with it", async () => {
  await aCustomer(shop.database, { country: "GB", first_name: "Ada" });
  const segments = (country: string) => ({
    local: `{ customer.country: ${country} }`,
    adas: "{ segment: local, customer.first_name: Ada }",
  });
  await kept(segments("GB"));
  const made = await plan(shop, files([], segments("IE")));
  expect(made.segments).toMatchObject([
    { segment: "adas", outcome: "unchanged", members: { now: 1, then: 0, leaves: 1 } },
    { segment: "local", outcome: "changed" },
  ]);
});

test("a new journey leaves alone who is in its segment already, unless it is to be filled", async () => {
  await aCustomer(shop.database, { country: "GB" });
  await kept({ local: "{ customer.country: GB }" });
  const segments = { local: "{ customer.country: GB }" };
  const text = (backfill: boolean) =>
    onSignUp(`start: { segment: local, backfill: ${backfill} }\n${steps}`);
  expect(await planOf(shop, files([text(false)], segments))).toMatchObject({
    audience: { atOnce: 0, members: { then: 1 } },
  });
  expect(await planOf(shop, files([text(true)], segments))).toMatchObject({
    audience: { atOnce: 1 },
  });
});

test("events of the last month say how many would have passed, and who would not any more", async () => {
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  for (const days of [1, 2, 3])
    await shop.happens(ada, "ordered", { total: 10 }, later(shop.now, { days: -days }));
  await shop.happens(bob, "ordered", { total: 90 }, later(shop.now, { days: -1 }));
  await shop.happens(bob, "ordered", { total: 90 }, later(shop.now, { days: -40 }));
  const text = (total: number) =>
    onSignUp(
      `start: { on: ordered, where: { total: { gte: ${total} } }, again: always }\nobjective: { goal: paid, holdout: 50% }\n${steps}`,
    );
  await shop.apply(text(0));
  const one = await planOf(shop, files([text(50)]));
  expect(one.audience).toMatchObject({
    holdout: 0.5,
    events: {
      events: 4,
      passing: 1,
      entering: 1,
      perDay: {
        "2026-01-09": { events: 1, passing: 0 },
        "2026-01-11": { events: 2, passing: 1 },
      },
      customers: { now: 2, then: 1, enters: 0, leaves: 1, leaving: [ada] },
    },
  });
  expect(one.audience?.entering).toBeCloseTo(1);
  expect(one.messages?.channels[0]?.messages).toBeCloseTo(0.5);
});

test("who may come once enters once, as many as came in these days, and nobody who came before", async () => {
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  const text = onSignUp(`start: { on: ordered }\n${steps}`);
  await shop.apply(text);
  for (const who of [ada, ada, bob]) await shop.happens(who, "ordered");
  const entering = async () =>
    (await planOf(shop, files([text]), { all: true })).audience?.events?.entering;
  expect(await entering()).toBe(2);
  await shop.live();
  expect(await entering()).toBe(2);
  await shop.travel("31 days");
  for (const who of [ada, bob, await aCustomer(shop.database)]) await shop.happens(who, "ordered");
  await shop.live();
  expect(await entering()).toBe(1);
});

test("a schedule lets the whole audience in on every occurrence, or once", async () => {
  await aCustomer(shop.database, { country: "GB" });
  await aCustomer(shop.database, { country: "IE" });
  const text = (again: string) =>
    onSignUp(
      `start: { every: "0 9 * * 1", again: ${again}, if: { customer.country: GB } }\n${steps}`,
    );
  const weekly = await planOf(shop, files([text("always")]));
  expect(weekly.audience).toMatchObject({ members: { then: 1 }, entering: 4 });
  expect(weekly.audience?.occurrences[0]).toEqual({
    at: new Date("2026-01-19T09:00:00Z"),
    customers: 1,
  });
  expect((await planOf(shop, files([text("never")]))).audience?.entering).toBe(1);
  expect((await planOf(shop, files([text("after 2 weeks")]))).audience?.entering).toBe(2);
});

test("of one it is told as of one", async () => {
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up", {}, later(shop.now, { days: -1 }));
  const text = onSignUp(
    "start: { on: signed_up, again: always }\nsteps: [{ send: reminder-short, by: sms }]",
  );
  const made = await planOf(shop, files([text]));
  const told = describeJourneyPlan(made, 30).flatMap(({ lines }) => lines.map((line) => line.text));
  expect(told).toContain(
    "1 such event in the last 30 days, less than 1 a day; 1 of them passes (counted)",
  );
  expect(told).toContain("about 1 enters within 30 days");
  expect(told).toContainEqual(expect.stringMatching(/^sms: 1, 1 segment[;,]/));
});

test("a start that changes lets nobody in for what came before, and says so", async () => {
  await aCustomer(shop.database);
  const text = (day: number) => onSignUp(`start: { every: "0 9 * * ${day}" }\n${steps}`);
  await shop.apply(text(1));
  shop.now = later(shop.now, { days: 3 });
  const one = await planOf(shop, files([text(2)]));
  expect(one.audience).toMatchObject({ atOnce: 0, anew: true });
  expect(one.audience?.occurrences[0]?.at).toEqual(new Date("2026-01-20T09:00:00Z"));
  expect(describeJourneyPlan(one, 30).flatMap(({ lines }) => lines)).toContainEqual({
    mark: " ",
    text: "the start changes: nobody enters for what came before the apply",
  });
});

test("a journey that is to be filled from now on takes in whoever has not been in it", async () => {
  const [ada] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  const segments = { everybody: "{ customer.email: { exists: true } }" };
  await shop.apply(onSignUp(`start: { on: signed_up }\n${steps}`));
  await shop.happens(ada, "signed_up");
  await shop.live();
  await kept(segments);
  const text = (backfill: boolean) =>
    onSignUp(`start: { segment: everybody, backfill: ${backfill} }\n${steps}`);
  const atOnce = async (backfill: boolean) =>
    (await planOf(shop, files([text(backfill)], segments))).audience?.atOnce;
  expect(await atOnce(false)).toBe(0);
  expect(await atOnce(true)).toBe(1);
});

test("what a request comes with is known only then, so as many are expected as came before", async () => {
  const text = onSignUp(`start: { request: true, if: { entry.reason: cancelled } }\n${steps}`);
  await aCustomer(shop.database);
  await aCustomer(shop.database, { external_id: "ada" });
  expect((await planOf(shop, files([text]))).audience).toMatchObject({
    members: null,
    entering: 0,
  });
  await shop.apply(text);
  const asked = { journey: "hello", customer: "ada", key: "1", entry: { reason: "cancelled" } };
  await enterByRequest(shop.database, asked, shop.turn);
  const one = await planOf(shop, files([text]), { all: true });
  expect(one.audience?.perDay).toBeCloseTo(1 / 30);
  expect(one.messages).toMatchObject({ sample: 1, lost: {} });
});

test("birthdays within the horizon are met on their day, with the offset of the journey", async () => {
  await aCustomer(shop.database, { birthday: "1990-01-20" });
  await aCustomer(shop.database, { birthday: "1990-01-10" });
  await aCustomer(shop.database, { birthday: "1990-06-01" });
  const text = onSignUp(`start: { date: customer.birthday, offset: 3 days before }\n${steps}`);
  expect((await planOf(shop, files([text]))).audience).toMatchObject({
    members: { then: 3 },
    entering: 1,
    occurrences: [{ at: new Date("2026-01-17T09:00:00Z"), customers: 1 }],
  });
});

const everybody = onSignUp(`start: { every: "0 9 13 1 *" }\n${steps}`);

test("consent, suppressions, missing addresses and caps take their share, by the rules of sending", async () => {
  await aCustomer(shop.database);
  await aCustomer(shop.database, { consent: false });
  await aCustomer(shop.database, { email: null, phone: null });
  const dee = await aCustomer(shop.database, { email: "dee@example.com", phone: null });
  const eve = await aCustomer(shop.database, { consent: false });
  await agree(shop.database, eve, { channel: "sms", at: shop.now });
  await shop.database
    .insertInto("suppressions")
    .values({
      channel: "email",
      address: "dee@example.com",
      reason: "bounced",
      created_at: shop.now,
    })
    .execute();
  expect(dee).not.toBe(eve);
  const one = await planOf(shop, files([everybody]));
  expect(one.messages).toMatchObject({ sample: 5 });
  const { channels = [], lost = {} } = one.messages ?? {};
  expect(channels.map(({ channel, messages }) => [channel, Math.round(messages)])).toEqual([
    ["email", 1],
    ["sms", 1],
  ]);
  expect(
    Object.fromEntries(Object.entries(lost).map(([why, count]) => [why, Math.round(count)])),
  ).toEqual({ "no consent": 1, "no address": 1, suppressed: 1 });
});

test("who has had as many messages as a cap allows gets none", async () => {
  const ada = await aCustomer(shop.database);
  await shop.apply(onSignUp(`start: { on: signed_up }\n${steps}`));
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.database
    .updateTable("messages")
    .set({ state: "accepted", sent_at: shop.now })
    .execute();
  const other = everybody.replace("hello", "other");
  const cap = { count: 1, within: { months: 0, days: 7, seconds: 0 } };
  const lost = async (topic: string) => {
    const changed = { caps: [{ topic, cap }] };
    const { journeys } = await plan(shop, files([other]), { changed });
    return journeys.find(({ journey }) => journey === "other")?.messages?.lost;
  };
  expect(await lost("offers")).toEqual({ cap: 1 });
  expect(await lost("service")).toEqual({});
});

test("who is at a cap today gets messages again when its time is over, or waits as long as they may", async () => {
  const ada = await aCustomer(shop.database);
  await shop.apply(onSignUp(`start: { on: signed_up }\n${steps}`));
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.database
    .updateTable("messages")
    .set({ state: "accepted", sent_at: shop.now })
    .execute();
  const cap = { count: 1, within: { months: 0, days: 7, seconds: 0 } };
  const messages = async (lateness: string) => {
    const other = `journey: other\nmax_lateness: ${lateness}\nstart: { every: "0 9 14,20 1 *" }\n${steps}`;
    const changed = { caps: [{ topic: "offers", cap }] };
    const { journeys } = await plan(shop, files([other]), { changed });
    return journeys.find(({ journey }) => journey === "other")?.messages;
  };
  expect(await messages("1 day")).toMatchObject({
    lost: { cap: 1 },
    channels: [{ perDay: { "2026-01-20": 1 } }],
  });
  // The first takes its place a week late, and with it the second's.
  expect(await messages("6 days")).toMatchObject({
    lost: { cap: 1 },
    channels: [{ perDay: { "2026-01-19": 1 } }],
  });
});

test("what costs hardly anything is not said to cost nothing", async () => {
  await aCustomer(shop.database);
  const { email } = config.channels;
  if (email === undefined) throw new Error("there is always e-mail");
  const price = { amount: 0.001, currency: "GBP", per: "message" as const };
  const changed = { channels: { ...config.channels, email: { ...email, price } } };
  const text = everybody.replace("[email, sms]", "email");
  const one = await planOf(shop, files([text]), { changed });
  const lines = describeJourneyPlan(one, 30).flatMap((section) => section.lines);
  expect(lines.map((line) => line.text).join("\n")).toMatch(/email: .*, less than 0\.01 GBP/);
});

test("messages have their segments, their price and their day", async () => {
  await aCustomer(shop.database);
  const text = onSignUp(
    'start: { every: "0 9 13 1 *" }\nsteps: [{ send: basket-last-call, by: sms }]',
  );
  const sms = config.channels["sms"];
  if (sms === undefined) throw new Error("no sms");
  const price = { amount: 0.04, currency: "GBP", per: "segment" as const };
  const changed = { channels: { ...config.channels, sms: { ...sms, price } } };
  const one = await planOf(shop, files([text]), { changed });
  const [channel] = one.messages?.channels ?? [];
  const segments = one.messages?.prices[0]?.length?.segments ?? 0;
  expect(segments).toBeGreaterThan(0);
  expect(channel).toMatchObject({
    channel: "sms",
    messages: 1,
    segments,
    currency: "GBP",
    perDay: { "2026-01-13": 1 },
  });
  expect(channel?.cost).toBeCloseTo(0.04 * segments);
});

test("the permitted hours put messages off, or take them away when they begin too late", async () => {
  await aCustomer(shop.database);
  const text = (lateness: string) =>
    onSignUp(
      `start: { every: "0 23 13 1 *" }\nmax_lateness: ${lateness}\nsteps: [{ send: basket-last-call, by: sms }]`,
    );
  const patient = await planOf(shop, files([text("12 hours")]));
  expect(patient.messages).toMatchObject({
    delayed: 1,
    lost: {},
    channels: [{ perDay: { "2026-01-14": 1 } }],
  });
  const hasty = await planOf(shop, files([text("2 hours")]));
  expect(hasty.messages).toMatchObject({
    delayed: 0,
    lost: { "outside the permitted hours for too long": 1 },
    channels: [],
  });
});

test("without the time to count it says how it came by its numbers", async () => {
  await aCustomer(shop.database);
  const made = await plan(shop, files([everybody]), { budgetMs: 60_000 });
  expect(made.journeys[0]?.audience?.members?.found).toEqual({ by: "count" });
});

const waiting = (rest: string, send = "thank-you") =>
  onSignUp(
    `start: { on: signed_up }\n${rest}\nsteps: [{ wait: 3 days }, { send: ${send}, by: email }]`,
  );

test("who is inside stays on the old version, and its messages are foreseen too", async () => {
  const ada = await aCustomer(shop.database);
  await shop.apply(waiting(""));
  await shop.happens(ada, "signed_up");
  await shop.live();
  const one = await planOf(shop, files([waiting("", "happy-birthday")]));
  expect(one.inFlight).toEqual([
    { version: 1, step: "thank-you", customers: 1, held: 0, fate: "drains", to: null },
  ]);
  expect(one.messages?.steps.map(({ step }) => step)).toContain("thank-you");
});

test("migrate moves them, and the plan says where; a step nobody thought of is refused", async () => {
  const ada = await aCustomer(shop.database);
  await shop.apply(waiting(""));
  await shop.happens(ada, "signed_up");
  await shop.live();
  const moved = waiting(
    "migrate: { from: 1, steps: { thank-you: happy-birthday } }",
    "happy-birthday",
  );
  expect((await planOf(shop, files([moved]))).inFlight).toMatchObject([
    { fate: "moves", to: "happy-birthday", customers: 1 },
  ]);
  const stranded = await planOf(shop, files([waiting("migrate: all", "happy-birthday")]));
  expect(stranded.inFlight).toMatchObject([{ fate: "stranded" }]);
  expect(stranded.refusals[0]).toContain('expected a destination for "thank-you" of version 1');
});

test("a source that no version has is refused, and a wait is known by its id", async () => {
  const ada = await aCustomer(shop.database);
  await shop.apply(waiting(""));
  await shop.happens(ada, "signed_up");
  await shop.live();
  const from = (source: string) =>
    waiting(`migrate: { from: 1, steps: { ${source}: happy-birthday } }`, "happy-birthday");
  const typo = await planOf(shop, files([from("thank-yuo")]));
  expect(typo.refusals[0]).toContain('got "thank-yuo". Did you mean "thank-you"?');
  expect(await planOf(shop, files([from("wait-3-days")]))).toMatchObject({
    inFlight: [{ step: "wait-3-days", fate: "moves", to: "happy-birthday", customers: 1 }],
    refusals: [],
  });
});

test("a message that a renamed step would send again is warned of", async () => {
  const ada = await aCustomer(shop.database);
  const text = (id: string, migrate = "") =>
    onSignUp(
      `start: { on: signed_up }\n${migrate}\nsteps: [{ send: thank-you, by: email, id: ${id} }, { wait: 3 days }, { send: happy-birthday, by: email }]`,
    );
  await shop.apply(text("first"));
  await shop.happens(ada, "signed_up");
  await shop.live();
  const back = "migrate: { from: 1, steps: { happy-birthday: again } }";
  const [warning] = (await planOf(shop, files([text("again", back)]))).warnings;
  expect(warning).toContain(
    '1 of the customers who move have had "thank-you" by a step with another id',
  );
  const on = await planOf(shop, files([text("again", "migrate: all")]));
  expect(on.warnings).toEqual([]);
});

test("the objective says how many customers and days the target takes", async () => {
  for (let count = 0; count < 100; count += 1) {
    const customer = await aCustomer(shop.database, { consent: false });
    const total = count % 20 === 0 ? 50 : 20;
    if (count % 10 === 0)
      await shop.happens(customer, "paid", { total }, later(shop.now, { days: -2 }));
  }
  const one = await planOf(
    shop,
    files([`objective: { goal: paid, target: 15%, within: 7 days, holdout: 50% }\n${everybody}`]),
  );
  expect(one.objective).toMatchObject({ base: 0.1, baseBy: "past", customers: 1372 });
  expect(one.objective?.days).toBe(Math.ceil(1372 / (100 / 30) + 7));
  const narrow = `objective: { goal: paid, where: { total: 50 }, target: 15%, within: 7 days, holdout: 50% }`;
  const other = await planOf(shop, files([`${narrow}\n${everybody}`]));
  expect(other.objective).toMatchObject({ base: 0.05, baseBy: "past" });
  const condition = `objective: { goal: { event: paid }, target: 15%, within: 7 days, holdout: 50% }`;
  const third = await planOf(shop, files([`${condition}\n${everybody}`]));
  expect(third.objective).toMatchObject({ goal: "paid count at least 1", baseBy: "unknown" });
});

test("how many reach the goal anyway is asked of those who were of the audience before, and of events that would count", async () => {
  for (let count = 0; count < 150; count += 1) {
    const customer = await aCustomer(shop.database, { consent: false });
    await shop.happens(customer, "visited", { pages: count % 2 }, later(shop.now, { days: -10 }));
    if (count % 5 === 0)
      await shop.happens(customer, "paid", { total: 20 }, later(shop.now, { days: -5 }));
  }
  const objective = "objective: { goal: paid, target: 30%, within: 7 days, holdout: 50% }";
  const quiet = { quiet: "{ event: paid, count: 0, within: 20 days }" };
  await kept(quiet);
  const text = onSignUp(`${objective}\nstart: { segment: quiet }\n${steps}`);
  expect((await planOf(shop, files([text], quiet))).objective).toMatchObject({ base: 0.2 });
  await shop.happens(await aCustomer(shop.database), "visited", { pages: 9 });
  const paid = "{ on: visited, where: { pages: { lt: 5 } } }";
  const byEvent = onSignUp(`${objective}\nstart: ${paid}\n${steps}`);
  expect((await planOf(shop, files([byEvent], quiet))).objective).toMatchObject({ base: 0.2 });
  const none = onSignUp(`${objective}\nstart: ${paid.replace("5", "0")}\n${steps}`);
  expect((await planOf(shop, files([none], quiet))).objective).toMatchObject({ base: null });
});
