import { beforeAll, expect, test } from "vitest";
import type { Condition, Test } from "../../src/journey/condition.ts";
import { aDatabase } from "../support/database.ts";
import { Population, ago, lasting, orders, test as tests } from "./population.ts";

const people = new Population(await aDatabase());

beforeAll(async () => {
  await people.product("boot", "shoes");
  await people.product("hat", "hats");
  await people.product("thing", null);
  for (const name of ["Ann", "Bob", "Cid", "Dan"]) await people.customer(name);
  await people.order("Ann", { at: ago("400 days"), total: 60 }, [
    { product: "boot", quantity: 3 },
    { product: "hat" },
  ]);
  await people.order("Ann", { at: ago("10 days"), total: 40 }, [{ product: "hat" }]);
  await people.order("Bob", { at: ago("90 days"), total: 99.99, currency: "EUR" }, [
    { product: "thing" },
  ]);
  await people.order("Bob", { at: ago("5 days"), total: -99.99, status: "returned" });
  await people.order("Cid", { at: ago("1 day"), status: "cancelled" }, [{ product: "boot" }]);
});

type Asked = Partial<Extract<Condition, { kind: "orders" }>>;
const where = (
  field: string,
  test: Parameters<typeof tests>[0],
): Readonly<Record<string, Test>> => ({ [field]: tests(test) });

const cases: readonly [string, Asked, readonly string[]][] = [
  ["have bought", {}, ["Ann", "Bob"]],
  [
    "have bought nothing (returns and cancelled sales are no sales)",
    { count: tests({ eq: 0 }) },
    ["Cid", "Dan"],
  ],
  ["bought once", { count: tests({ eq: 1 }) }, ["Bob"]],
  ["bought twice or more", { count: tests({ gte: 2 }) }, ["Ann"]],
  ["bought less than twice", { count: tests({ lt: 2 }) }, ["Bob", "Cid", "Dan"]],
  ["spent 100", { total: tests({ gte: 100 }) }, ["Ann"]],
  ["spent more than 100", { total: tests({ gt: 100 }) }, []],
  [
    "spent less than 100, non-buyers included",
    { total: tests({ lt: 100 }) },
    ["Bob", "Cid", "Dan"],
  ],
  ["spent nothing", { total: tests({ eq: 0 }) }, ["Cid", "Dan"]],
  [
    "bought, and for less than 100",
    { count: tests({ gte: 1 }), total: tests({ lt: 100 }) },
    ["Bob"],
  ],
  ["bought exactly 90 days ago or since", { within: lasting("90 days") }, ["Ann", "Bob"]],
  ["bought within 89 days", { within: lasting("89 days") }, ["Ann"]],
  ["spent in a year", { within: lasting("1 year"), total: tests({ gt: 40 }) }, ["Bob"]],
  ["lapsed: last order over 60 days ago", { last: tests({ before: lasting("60 days") }) }, ["Bob"]],
  ["first order within a year", { first: tests({ within: lasting("1 year") }) }, ["Bob"]],
  ["returned something", { where: where("status", { eq: "returned" }) }, ["Bob"]],
  ["cancelled or returned", { where: where("status", { ne: "completed" }) }, ["Bob", "Cid"]],
  ["paid in euros", { where: where("currency", { eq: "EUR" }) }, ["Bob"]],
  ["a single order over 50", { where: where("total", { gt: 50 }) }, ["Ann", "Bob"]],
  ["bought shoes", { where: where("product.category", { eq: "shoes" }) }, ["Ann"]],
  [
    "bought shoes or hats twice",
    { where: where("product.category", { in: ["shoes", "hats"] }), count: tests({ gte: 2 }) },
    ["Ann"],
  ],
  [
    "never bought shoes",
    { where: where("product.category", { eq: "shoes" }), count: tests({ eq: 0 }) },
    ["Bob", "Cid", "Dan"],
  ],
  [
    "bought something that is not shoes",
    { where: where("product.category", { ne: "shoes" }) },
    ["Ann", "Bob"],
  ],
  [
    "three boots on one line",
    {
      where: {
        ...where("product.external_id", { eq: "boot" }),
        ...where("line.quantity", { gte: 3 }),
      },
    },
    ["Ann"],
  ],
  [
    "three hats on one line",
    {
      where: {
        ...where("product.external_id", { eq: "hat" }),
        ...where("line.quantity", { gte: 3 }),
      },
    },
    [],
  ],
];

test.each(cases)("%s", async (_, asked, expected) => {
  expect(await people.who(orders(asked))).toEqual(expected);
});

test("an unknown field of an order is a mistake", async () => {
  await expect(
    people.who(orders({ where: where("product.colour", { eq: "red" }) })),
  ).rejects.toThrow("orders where product.colour: expected a field of the product");
});
