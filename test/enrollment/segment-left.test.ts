import { expect, test } from "vitest";
import { refreshSegments } from "../../src/audience/refresh-segments.ts";
import { saveSegments } from "../../src/audience/save-segments.ts";
import { listDue } from "../../src/enrollment/list-due.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const gold = {
  name: "gold",
  describe: null,
  file: "workflows/segments/gold.yaml",
  condition: {
    kind: "customer",
    field: "attributes.tier",
    test: [{ op: "eq", value: "gold" }],
  },
} as const;

const journey = (start = "segment: gold, when: left") => `
journey: come-back
start: { ${start} }
steps:
  - send: we-miss-you
    by: email`;

const becomes = (id: string, tier: string) =>
  shop.database
    .updateTable("customers")
    .set({ attributes: JSON.stringify({ tier }) })
    .where("id", "=", id)
    .execute();

const refresh = async () => {
  shop.now = new Date(shop.now.getTime() + 300_000);
  await refreshSegments(shop.database, shop.now);
};

test("who leaves the segment comes in; who stays, comes back at once or had left before does not", async () => {
  await saveSegments(shop.database, [gold], shop.now);
  const [early, ada, bob, eve] = await Promise.all(
    Array.from({ length: 4 }, () => aCustomer(shop.database, { attributes: '{"tier":"gold"}' })),
  );
  if (!early || !ada || !bob || !eve) throw new Error("four customers");
  await refresh();
  await becomes(early, "silver");
  await refresh();
  await shop.apply(journey());
  expect(await shop.open("come-back")).toBe(0);
  await becomes(ada, "silver");
  await becomes(eve, "silver");
  await refresh();
  expect((await listDue(shop.database, shop.now)).starts).toHaveLength(1);
  await becomes(eve, "gold");
  await refresh();
  expect(await shop.open("come-back")).toBe(1);
  expect(await shop.messagesTo(ada)).toEqual(["email we-miss-you"]);
  for (const one of [early, bob, eve]) expect(await shop.messagesTo(one)).toEqual([]);
  expect(await shop.open("come-back")).toBe(0);
  expect((await listDue(shop.database, shop.now)).starts).toEqual([]);
});

test("each leaving counts where the journey lets customers in again", async () => {
  await saveSegments(shop.database, [gold], shop.now);
  await shop.apply(journey("segment: gold, when: left, again: always"));
  const ada = await aCustomer(shop.database, { attributes: '{"tier":"gold"}' });
  for (let time = 0; time < 3; time += 1) {
    await becomes(ada, "gold");
    await refresh();
    await becomes(ada, "silver");
    await refresh();
    expect(await shop.open("come-back")).toBe(1);
  }
  expect(await shop.messagesTo(ada)).toHaveLength(3);
});

test("nobody left a segment whose file is gone", async () => {
  await saveSegments(shop.database, [gold], shop.now);
  await aCustomer(shop.database, { attributes: '{"tier":"gold"}' });
  await refresh();
  await shop.apply(journey());
  shop.now = new Date(shop.now.getTime() + 300_000);
  await saveSegments(shop.database, [], shop.now);
  expect(await shop.open("come-back")).toBe(0);
});
