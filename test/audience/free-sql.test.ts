import { beforeAll, expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import { countAudience, sampleAudience } from "../../src/audience/count.ts";
import type { Condition } from "../../src/journey/condition.ts";
import { aDatabase } from "../support/database.ts";
import { Population, ago, field, not, now } from "./population.ts";

const people = new Population(await aDatabase());
const { database } = people;

beforeAll(async () => {
  await people.customer("Ann", { city: "a;b", created_at: ago("2 days") });
  await people.customer("Bob", { city: "it's :now -- or never", created_at: ago("9 days") });
  await people.customer("Cid");
});

const free = (sql: string): Condition => ({ kind: "sql", sql });

const cases: readonly [string, readonly string[]][] = [
  ["customer.created_at < :now - interval '3 days'", ["Bob"]],
  ["customer.created_at between :now::timestamptz - interval '3 days' and :now", ["Ann", "Cid"]],
  ["customer.city = 'a;b'", ["Ann"]],
  ["customer.city = 'it''s :now -- or never'", ["Bob"]],
  ["customer.city = E'it\\'s :now -- or never'", ["Bob"]],
  ["customer.\"city\" ~ '^a'", ["Ann"]],
  ["customer.city is null or (customer.city) = 'a;b'", ["Ann", "Cid"]],
  ["customer.created_at < date'2026-10-25'", ["Bob"]],
  ["exists (select from customers other where other.id > customer.id)", ["Ann", "Bob"]],
];

test.each(cases)("%s holds of %j", async (text, expected) => {
  expect(await people.who(free(text), { sql: true })).toEqual(expected);
});

test("its unknown is not true either", async () => {
  expect(await people.who(not(free("customer.city = 'a;b'")), { sql: true })).toEqual([
    "Bob",
    "Cid",
  ]);
});

const refused: readonly [string, string][] = [
  ["true; drop table customers", 'found ";"'],
  ["true -- and false", 'found "--"'],
  ["true /* and false */", 'found "/*"'],
  ["true) or (true", "as many closing parentheses as opening ones"],
  ["(true", "as many closing parentheses as opening ones"],
  ["customer.city = 'open", "open quotes"],
  ["customer.city = $$a$$", 'found "$"'],
  ["customer.city = date'\\'; drop table customers --'", 'found ";"'],
  ["customer.id = $1", 'found "$"'],
  ["set_config('role', 'none', true) = ''", 'found "set_config"'],
  ["  ", "expected a boolean expression, found nothing"],
];

test.each(refused)("%s is refused: %s", (text, message) => {
  expect(() => conditionSql(free(text), { now, sql: true })).toThrow(message);
});

test("outside of segments it is refused, with the way out", () => {
  expect(() => conditionSql(free("true"), { now })).toThrow(
    "Put it into a segment, and ask for segment: <name> here",
  );
});

test("an audience is counted and sampled", async () => {
  const named = field("external_id", { in: ["Ann", "Bob", "Dan"] });
  expect(await countAudience(database, named, now)).toBe(2);
  expect(await sampleAudience(database, named, { now, limit: 1 })).toEqual(["1"]);
  expect(await countAudience(database, free("customer.city is not null"), now)).toBe(2);
});

test("an operator's SQL cannot write, nor do what a superuser may", async () => {
  const writes = free("nextval('event_ids') > 0");
  await expect(countAudience(database, writes, now)).rejects.toThrow(/permission denied|read-only/);
  const reads = free("pg_read_file('/etc/hostname') is not null");
  await expect(countAudience(database, reads, now)).rejects.toThrow("permission denied");
});
