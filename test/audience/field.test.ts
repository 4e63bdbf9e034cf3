import { beforeAll, describe, expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import { fieldsOf } from "../../src/audience/field.ts";
import type { Comparison, Condition } from "../../src/journey/condition.ts";
import { accountFields, customerFields, orderFields } from "../../src/journey/field.ts";
import { aDatabase } from "../support/database.ts";
import { Population, ago, field, lasting, not, now, orders, test as tests } from "./population.ts";

const people = new Population(await aDatabase());

beforeAll(async () => {
  await people.customer("Ann", {
    country: "GB",
    city: "100% Leeds_",
    postcode: "01234",
    birthday: "1990-02-28",
    created_at: new Date("2026-01-31T10:30:00Z"),
    attributes: {
      points: 100,
      plan: "gold",
      member: true,
      tags: ["new", "shoes"],
      renews: "2026-12-01",
      cart: { total: 7 },
    },
  });
  await people.customer("Bob", {
    country: "DE",
    city: "O'Hara \\ Łódź 東京",
    created_at: new Date("2026-02-01T00:00:00Z"),
    attributes: {
      points: " 99.5 ",
      plan: "",
      member: "true",
      tags: "shoes and more",
      renews: "2026-02-30",
      "cart.total": 8,
    },
  });
  await people.customer("Cid", {
    created_at: ago("30 days"),
    attributes: { points: "abc", plan: null, member: 0, tags: {}, renews: 5, cart: [] },
  });
});

type Asked = Partial<Record<Comparison["op"], Comparison["value"]>>;

const cases: readonly [string, Asked, readonly string[]][] = [
  ["country", { eq: "GB" }, ["Ann"]],
  ["country", { eq: "gb" }, []],
  ["country", { eq: null }, ["Cid"]],
  ["country", { ne: "GB" }, ["Bob", "Cid"]],
  ["country", { ne: null }, ["Ann", "Bob"]],
  ["country", { in: ["GB", "FR"] }, ["Ann"]],
  ["country", { in: ["GB", null] }, ["Ann", "Cid"]],
  ["country", { in: [] }, []],
  ["country", { not_in: ["GB", "FR"] }, ["Bob", "Cid"]],
  ["country", { not_in: [] }, ["Ann", "Bob", "Cid"]],
  ["country", { starts_with: "G" }, ["Ann"]],
  ["country", { exists: true }, ["Ann", "Bob"]],
  ["country", { exists: false }, ["Cid"]],
  ["postcode", { eq: "01234" }, ["Ann"]],
  ["postcode", { eq: 1234 }, []],
  ["city", { contains: "%" }, ["Ann"]],
  ["city", { contains: "_" }, ["Ann"]],
  ["city", { contains: "\\" }, ["Bob"]],
  ["city", { starts_with: "1%" }, []],
  ["city", { starts_with: "100%" }, ["Ann"]],
  ["city", { contains: "東京" }, ["Bob"]],
  ["city", { contains: "o'hara" }, []],
  ["birthday", { eq: "1990-02-28" }, ["Ann"]],
  ["birthday", { before: "1990-02-28" }, []],
  ["birthday", { before: "1990-03-01" }, ["Ann"]],
  ["birthday", { after: "1990-02-27" }, ["Ann"]],
  ["birthday", { after: "1990-02-28" }, []],
  ["birthday", { in: ["1990-02-28", "2000-01-01"] }, ["Ann"]],
  ["birthday", { ne: "1990-02-28" }, ["Bob", "Cid"]],
  ["created_at", { eq: "2026-01-31" }, ["Ann"]],
  ["created_at", { eq: "2026-01-31T10:30:00Z" }, ["Ann"]],
  ["created_at", { eq: "2026-01-31T10:30:01Z" }, []],
  ["created_at", { eq: "2026-01-31T11:30:00+01:00" }, ["Ann"]],
  ["created_at", { after: "2026-01-31" }, ["Bob", "Cid"]],
  ["created_at", { gt: "2026-01-31T10:30:00Z" }, ["Bob", "Cid"]],
  ["created_at", { gte: "2026-01-31T10:30:00Z" }, ["Ann", "Bob", "Cid"]],
  ["created_at", { lte: "2026-01-31" }, ["Ann"]],
  ["created_at", { lt: "2026-02-01" }, ["Ann"]],
  ["created_at", { lte: "2026-02-01T00:00:00Z" }, ["Ann", "Bob"]],
  ["attributes.points", { eq: 100 }, ["Ann"]],
  ["attributes.points", { gt: 99.5 }, ["Ann"]],
  ["attributes.points", { gte: 99.5 }, ["Ann", "Bob"]],
  ["attributes.points", { lt: 1e12 }, ["Ann", "Bob"]],
  ["attributes.points", { lte: 99.5 }, ["Bob"]],
  ["attributes.points", { ne: 100 }, ["Bob", "Cid"]],
  ["attributes.points", { in: [100, 99.5, "abc"] }, ["Ann", "Bob", "Cid"]],
  ["attributes.points", { not_in: [100] }, ["Bob", "Cid"]],
  ["attributes.plan", { exists: true }, ["Ann", "Bob"]],
  ["attributes.plan", { eq: "" }, ["Bob"]],
  ["attributes.member", { eq: true }, ["Ann", "Bob"]],
  ["attributes.member", { eq: false }, []],
  ["attributes.tags", { contains: "shoes" }, ["Ann", "Bob"]],
  ["attributes.tags", { contains: "sho" }, ["Bob"]],
  ["attributes.renews", { after: "2026-11-30" }, ["Ann"]],
  ["attributes.renews", { gt: "2026-11-30" }, ["Ann"]],
  ["attributes.renews", { before: "2027-01-01" }, ["Ann"]],
  ["attributes.cart.total", { gte: 7 }, ["Ann", "Bob"]],
  ["attributes.cart.total", { eq: 7 }, ["Ann"]],
  ["attributes.absent", { gt: 0 }, []],
  ["attributes.absent", { ne: 1 }, ["Ann", "Bob", "Cid"]],
];

test.each(cases)("customer.%s %o holds of %j", async (name, asked, expected) => {
  expect(await people.who(field(name, asked))).toEqual(expected);
});

describe("lengths of time on a date", () => {
  const created: readonly [Asked, Date, boolean][] = [
    [{ before: lasting("90 days") }, ago("90 days"), false],
    [{ before: lasting("90 days") }, ago("90 days", 1), true],
    [{ after: lasting("90 days") }, ago("90 days"), false],
    [{ after: lasting("90 days") }, ago("90 days", -1), true],
    [{ after: lasting("90 days") }, ago("1 day", -2 * 86_400_000), true],
    [{ within: lasting("90 days") }, ago("90 days"), true],
    [{ within: lasting("90 days") }, ago("90 days", 1), false],
    [{ within: lasting("90 days") }, now, true],
    [{ within: lasting("90 days") }, new Date(now.getTime() + 1), false],
  ];
  test.each(created)("%o of %o is %o", async (asked, at, expected) => {
    await people.customer("Dan", { created_at: at });
    const condition: Condition = {
      kind: "all",
      of: [field("created_at", asked), field("external_id", { eq: "Dan" })],
    };
    expect(await people.who(condition)).toEqual(expected ? ["Dan"] : []);
    await people.database.deleteFrom("customers").where("external_id", "=", "Dan").execute();
  });
});

test("several comparisons of one test must all hold", async () => {
  expect(await people.who(field("attributes.points", { gt: 99, lt: 100 }))).toEqual(["Bob"]);
});

describe("the unknown is not true", () => {
  test("and its negation holds", async () => {
    const isGold = field("attributes.plan", { eq: "gold" });
    expect(await people.who(isGold)).toEqual(["Ann"]);
    expect(await people.who(not(isGold))).toEqual(["Bob", "Cid"]);
    expect(await people.who(not(not(isGold)))).toEqual(["Ann"]);
  });

  test("however deep it stands", async () => {
    const rich = field("attributes.points", { gt: 99 });
    const german = field("country", { eq: "DE" });
    expect(await people.who(not({ kind: "any", of: [rich, german] }))).toEqual(["Cid"]);
    expect(await people.who(not({ kind: "all", of: [rich, german] }))).toEqual(["Ann", "Cid"]);
  });

  test("and all of nothing holds of everybody, any of nothing of nobody", async () => {
    expect(await people.who({ kind: "all", of: [] })).toEqual(["Ann", "Bob", "Cid"]);
    expect(await people.who({ kind: "any", of: [] })).toEqual([]);
  });
});

describe("what cannot be compiled says where, why and what to do", () => {
  const wrong: readonly [Condition, string][] = [
    [
      field("contry", { eq: "GB" }),
      "customer.contry: expected a field of the customer (external_id",
    ],
    [field("contry", { eq: "GB" }), 'Did you mean "country"?'],
    [field("id; DROP TABLE customers", { eq: "1" }), "expected a field of the customer"],
    [field("constructor", { eq: "1" }), "expected a field of the customer"],
    [field("attributes.", { eq: "1" }), "expected a field of the customer"],
    [field("city", { eq: "a\0b" }), "customer.city: expected a text without the NUL character"],
    [field("attributes.a\0", { eq: "b" }), "without the NUL character"],
    [field("city", { gt: 5 }), "gt, gte, lt and lte compare numbers and dates, and this is a text"],
    [field("city", { before: "2026-01-01" }), "before compares dates, and this is a text"],
    [field("birthday", { before: "2026-02-30" }), 'before expected a date such as "2026-01-31"'],
    [
      field("birthday", { gt: lasting("3 days") }),
      'got "3 days". For lengths of time use before, after or within',
    ],
    [
      field("birthday", { within: "2026-01-01" }),
      'within expected a duration such as "7 days", got "2026-01-01"',
    ],
    [field("birthday", { contains: "19" }), "contains looks into texts, and this is a date"],
    [field("attributes.points", { gt: Number.NaN }), "expected a finite number, got NaN"],
    [field("attributes.points", { in: 5 }), "in expected a list of values, got 5"],
    [field("attributes.points", { eq: [5] }), "eq expected one value, got [5]"],
    [field("attributes.points", { exists: "yes" }), 'exists expected true or false, got "yes"'],
    [
      { kind: "entry", field: "total", test: tests({ gt: 1 }) },
      "entry.total: expected to be asked in a journey",
    ],
    [
      { kind: "message", journey: null, step: "thanks", was: "opened", within: null },
      "message thanks: expected the journey",
    ],
  ];
  test.each(wrong)("%j", (condition, message) => {
    expect(() => conditionSql(condition, { now })).toThrow(message);
    expect(() => conditionSql(condition, { now })).toThrow(
      expect.objectContaining({ code: "WAYPOST_CONDITION" }),
    );
  });
});

test("every field that a file may name is one that can be asked of the database", async () => {
  expect(fieldsOf("customer")).toEqual(Object.keys(customerFields));
  for (const name of Object.keys(accountFields))
    await people.who({ kind: "account", field: name, test: tests({ exists: true }) });
  for (const name of Object.keys(orderFields))
    await people.who(orders({ where: { [name]: tests({ exists: true }) } }));
});
