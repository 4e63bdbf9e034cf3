import { expect, test } from "vitest";
import { applyJourneys } from "../../src/enrollment/apply.ts";
import { archiveJourney } from "../../src/enrollment/journey-state.ts";
import { WaypostError } from "../../src/errors.ts";
import { freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aShop, written } from "./shop.ts";

const shop = await aShop();

const hello = (steps = "[{ wait: 1 day }, { send: hello, by: email }]", on = "signed_up") => `
journey: hello
start: { on: ${on} }
steps: ${steps}`;

const heard = async () => {
  const rows = await shop.database
    .selectFrom("heard_events")
    .select("name")
    .orderBy("name")
    .execute();
  return rows.map((row) => row.name);
};

test("applying the same files again changes nothing", async () => {
  const first = await shop.apply(hello());
  expect(first).toEqual([{ journey: "hello", outcome: "created", version: 1 }]);
  expect(await shop.apply(hello())).toEqual([
    { journey: "hello", outcome: "unchanged", version: 1 },
  ]);
  expect(await shop.apply(`# only a comment\n${hello()}`)).toMatchObject([
    { outcome: "unchanged" },
  ]);
});

test("a changed definition is a new version, the old one stays as it was", async () => {
  await shop.apply(hello());
  const changed = await shop.apply(hello("[{ send: hi, by: email }]"));
  expect(changed).toEqual([{ journey: "hello", outcome: "changed", version: 2 }]);
  const versions = await shop.database.selectFrom("journey_versions").select("number").execute();
  expect(versions).toHaveLength(2);
  await expect(
    shop.database.updateTable("journey_versions").set({ source: "" }).execute(),
  ).rejects.toThrow("append-only");
});

test("customers inside go on with the version they entered, new ones enter the new version", async () => {
  await shop.apply(hello());
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.apply(hello("[{ send: hi, by: email }]"));
  await shop.happens(bob, "signed_up");
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
  expect(await shop.messagesTo(bob)).toEqual(["email hi"]);
});

test("a customer who has been through the old version does not enter the new one", async () => {
  await shop.apply(hello());
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.travel("1 day");
  await shop.apply(hello("[{ send: hi, by: email }]"));
  await shop.happens(ada, "signed_up");
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
});

test("a journey whose file is gone enrols nobody, those inside go on; the file back, it enrols again", async () => {
  await shop.apply(hello());
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await shop.live();
  expect(await shop.apply()).toEqual([{ journey: "hello", outcome: "archived", version: 1 }]);
  await shop.happens(bob, "signed_up");
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
  expect(await shop.whereabouts(bob)).toEqual([]);
  expect(await shop.apply(hello())).toEqual([
    { journey: "hello", outcome: "restored", version: 1 },
  ]);
  await shop.happens(bob, "signed_up");
  await shop.live();
  expect(await shop.whereabouts(bob)).toEqual(["waiting at hello"]);
});

test("an operator archives a journey by hand, and those inside go on", async () => {
  await shop.apply(hello());
  const [ada, bob] = [await aCustomer(shop.database), await aCustomer(shop.database)];
  await shop.happens(ada, "signed_up");
  await shop.live();
  expect(await archiveJourney(shop.database, "hello", shop.now)).toBe(true);
  expect(await archiveJourney(shop.database, "hello", shop.now)).toBe(false);
  await shop.happens(bob, "signed_up");
  await shop.travel("1 day");
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
  expect(await shop.whereabouts(bob)).toEqual([]);
});

test("events are heard as long as a version needs them, and no longer", async () => {
  await shop.apply(
    `${hello()}\nobjective: { goal: paid, within: 30 days }\nstop: [{ on: left }]`,
    `journey: other\nstart: { segment: all }\nsteps: [{ await: { event: clicked_through, within: 1 day }, then: [{ send: hi, by: email }] }]`,
  );
  expect(await heard()).toEqual(["clicked_through", "left", "paid", "signed_up"]);
  const ada = await aCustomer(shop.database);
  await shop.happens(ada, "signed_up");
  await shop.live();
  await shop.apply(hello(undefined, "registered"));
  expect(await heard()).toEqual(["left", "paid", "registered", "signed_up"]);
  await shop.travel("200 days");
  await shop.apply(hello(undefined, "registered"));
  expect(await heard()).toEqual(["registered"]);
});

test("a goal is heard as long as its window is open, a month more for late reports, and without a window for ever", async () => {
  const heardAfter = async (within: string, days: string) => {
    await shop.apply(`${hello()}\nobjective: { goal: paid${within} }`);
    await shop.happens(await aCustomer(shop.database), "signed_up");
    await shop.live();
    await shop.travel(days);
    await shop.apply();
    return (await heard()).includes("paid");
  };
  expect(await heardAfter(", within: 200 days", "200 days")).toBe(true);
  await freshTables(shop.database);
  expect(await heardAfter(", within: 200 days", "232 days")).toBe(false);
  await freshTables(shop.database);
  expect(await heardAfter("", "1000 days")).toBe(true);
});

test("two files with one name are refused, and nothing is applied", async () => {
  const twins = [written(hello(), "workflows/a.yaml"), written(hello(), "workflows/b.yaml")];
  const refused = applyJourneys(shop.database, twins, shop.now);
  await expect(refused).rejects.toThrow(WaypostError);
  await expect(refused).rejects.toThrow("workflows/b.yaml");
  expect(await shop.database.selectFrom("journeys").select("id").execute()).toEqual([]);
});

test("eight processes that apply at once make one version", async () => {
  await Promise.all(Array.from({ length: 8 }, () => shop.apply(hello())));
  const versions = await shop.database.selectFrom("journey_versions").select("number").execute();
  expect(versions).toEqual([{ number: 1 }]);
});
